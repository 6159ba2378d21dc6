import { Client, ServerError } from "./api.js";
import { CameraSession } from "./camera-session.js";
import { byID } from "./dom.js";
import { showModels } from "./models.js";
import { acceptPhotos, canReadClipboard, clipboardPhoto } from "./photo.js";
import { PhotoSession } from "./photo-session.js";
import { Settings } from "./settings.js";
import { Stage } from "./stage.js";

/// Puts the parts of the page together: what each button, key, drop and paste does.

const client = new Client();
const settings = new Settings();
const stage = new Stage();
const choose = () => byID("file").click();
const photo = new PhotoSession(stage, client, settings, { choose, unauthorized: askForToken });
const camera = new CameraSession(stage, client, settings, { choose, unauthorized: askForToken });

function takePhoto(file) {
  camera.stop();
  return photo.take(file);
}

function startCamera() {
  photo.clear();
  return camera.start();
}

function clear() {
  photo.clear();
  camera.stop();
  stage.setMode("empty");
  stage.setState("idle");
  document.querySelector(".invitation [data-action=choose]").focus({ preventScroll: true });
}

/// Runs something that hands over a photo, or tells why it could not.
async function takeFrom(source) {
  try {
    await takePhoto(await source());
  } catch (error) {
    stage.report(error.message);
  }
}

// The server's lists, and its token

function askForToken(message) {
  byID("token-form").hidden = false;
  stage.report(client.token ? message : undefined);
  byID("token").focus();
}

/// Gets the lists of models and detectors; a photo that waits for them is analysed afterwards.
async function connect() {
  if (stage.mode === "empty") stage.setState("loading");
  try {
    const [models, detectors] = await Promise.all([client.models(), client.detectors()]);
    settings.fill(models, detectors);
    showModels(byID("model-table"), models);
    byID("token-form").hidden = true;
    stage.report();
    if (models.length === 0) throw new ServerError("failed", "This server has no models.");
  } catch (error) {
    stage.setState("error");
    if (error.kind === "unauthorized") askForToken(error.message);
    else stage.report(error.message, [["Try again", connect]]);
    return;
  }
  if (stage.mode === "empty") stage.setState("idle");
  else if (photo.hasPhoto) await photo.analyse();
}

byID("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  client.setToken(byID("token").value.trim());
  byID("token").value = "";
  connect();
});

addEventListener("online", () => {
  if (stage.state === "error") connect();
});

// Buttons, keys, files

const actions = {
  choose,
  clear,
  stop: clear,
  camera: startCamera,
  pause: () => camera.togglePause(),
  freeze: () => takeFrom(() => camera.photograph()),
  paste: () => takeFrom(clipboardPhoto),
};
for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => actions[button.dataset.action]());
}
document.querySelector("[data-action=paste]").hidden = !canReadClipboard;

acceptPhotos({
  input: byID("file"), dropTarget: document.body, take: takePhoto, refuse: (text) => stage.report(text),
});

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const onControl = event.target instanceof Element
    && event.target.closest("button, a, input, select, textarea, summary");
  if (event.key === "Escape" && stage.mode !== "empty") {
    clear();
  } else if (event.key === " " && stage.mode === "live" && !onControl) {
    event.preventDefault();
    camera.togglePause();
  }
});

let settling;
settings.addEventListener("change", () => {
  clearTimeout(settling);
  settling = setTimeout(() => photo.hasPhoto && photo.analyse(), 150);
});
settings.addEventListener("refused", () => stage.announce("At least one model is needed."));

addEventListener("pagehide", () => camera.stop());

connect();
