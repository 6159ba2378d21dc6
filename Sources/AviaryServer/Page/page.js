import { Client, ServerError } from "./api.js";
import { Camera, CameraError } from "./camera.js";
import { byID, count, duration, element, setText } from "./dom.js";
import { LiveReader } from "./live.js";
import { showModels } from "./models.js";
import { Overlay } from "./overlay.js";
import { PhotoError, acceptPhotos, canReadClipboard, clipboardPhoto, display, release, sendable, smaller } from "./photo.js";
import { Results, verdict } from "./results.js";
import { Settings } from "./settings.js";
import { Tracks } from "./tracks.js";

const retries = 4; // how often a busy server is asked again without the user
const reducedSide = 1600; // longer side of the smaller copy that is offered for a photo that is too large

const client = new Client();
const settings = new Settings();
const tracks = new Tracks();
const overlay = new Overlay((id) => select(id, true));
const results = new Results((id) => select(id, false));
const announce = new LiveReader(byID("announcer"));

const body = document.body;
const frame = byID("frame"), photo = byID("photo"), video = byID("video"), working = byID("working");

/// What is on the stage: `blob` is the photo as it is sent.
const state = { mode: "empty", blob: undefined, question: undefined, mirrored: false };

const camera = new Camera(video, {
  analyse: (blob) => client.predict(blob, { ...choice(), timeout: 10000 }),
  onResult: showLive,
  onError: cameraTrouble,
  onEnd: () => {
    setMode("empty");
    report("The camera was switched off or unplugged.", [["Use the camera", startCamera]]);
  },
});

function choice() {
  return { models: settings.models, detector: settings.detector };
}

// States

function setMode(mode) {
  state.mode = mode;
  body.dataset.mode = mode;
  frame.hidden = mode === "empty";
  photo.hidden = mode !== "photo";
  video.hidden = mode !== "live";
  byID("toolbar").hidden = mode === "empty";
  byID("live-options").hidden = mode !== "live";
  byID("paused").hidden = true;
  byID("times").hidden = true;
  for (const button of document.querySelectorAll("[data-for]")) button.hidden = button.dataset.for !== mode;
  overlay.clear();
  tracks.clear();
  results.clear(mode === "empty" ? "Each face gets a box on the picture, and here its bars: one for each expression "
    + "and model." : "");
  report();
}

function setState(name) {
  body.dataset.state = name;
  const busy = name === "busy";
  byID("results").setAttribute("aria-busy", String(busy));
  working.hidden = !busy;
}

/// A sentence about what went wrong, with buttons `[text, action]`; without a sentence, the message goes away.
function report(sentence, actions = []) {
  byID("message").hidden = !sentence;
  setText(byID("message-text"), sentence ?? "");
  byID("message-actions").replaceChildren(...actions.map(([text, action]) => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", action);
    return button;
  }));
}

function select(id, focus) {
  overlay.select(id);
  results.select(id, { focus });
}

function setSize(width, height) {
  frame.style.setProperty("--ratio", String(width / height));
}

// Photos

async function takePhoto(file) {
  withdraw();
  camera.stop();
  setMode("photo");
  setState("busy");
  state.blob = undefined;
  try {
    const blob = await sendable(file);
    await display(photo, blob);
    photo.alt = file.name ? `The photo ${file.name}` : "The photo";
    setSize(photo.naturalWidth, photo.naturalHeight);
    state.blob = blob;
  } catch (error) {
    clear();
    report(error instanceof PhotoError ? error.message : `The photo could not be opened (${error.message}).`,
      [["Choose another photo", choose]]);
    return;
  }
  await analyse();
}

/// Asks about the photo on the stage, again and again while the server is busy.
async function analyse() {
  withdraw();
  const question = new AbortController();
  state.question = question;
  const { blob } = state;
  setState("busy");
  report();
  for (let attempt = 0; ; attempt += 1) {
    const begin = performance.now();
    try {
      const answer = await client.predict(blob, { ...choice(), signal: question.signal });
      if (state.question === question) showPhoto(answer, performance.now() - begin);
      return;
    } catch (error) {
      if (question.signal.aborted) return;
      if (!(error instanceof ServerError)) throw error;
      if (error.kind === "busy" && attempt < retries) {
        if (await pause(error, question)) continue;
        return;
      }
      photoTrouble(error);
      return;
    }
  }
}

/// Counts down to the next try; `false` if the question was withdrawn meanwhile.
async function pause(error, question) {
  let skip;
  const skipped = new Promise((resolve) => (skip = resolve));
  for (let left = error.retryAfter; left > 0; left -= 1) {
    report(`${sentence(error.message)} Trying again in ${count(left, "second")}.`, [["Try now", () => skip(true)]]);
    const now = await Promise.race([skipped, new Promise((resolve) => setTimeout(resolve, 1000, false))]);
    if (question.signal.aborted) return false;
    if (now) break;
  }
  report();
  return true;
}

function photoTrouble(error) {
  setState("error");
  overlay.clear();
  results.clear("No answer yet.");
  if (error.kind === "unauthorized") {
    askForToken(error.message);
  } else if (error.kind === "tooLarge") {
    report(sentence(error.message), [["Send a smaller copy", sendSmaller], ["Choose another photo", choose]]);
  } else if (error.kind === "refused") {
    report(sentence(error.message), [["Choose another photo", choose]]);
  } else {
    report(sentence(error.message), [["Try again", analyse]]);
  }
}

async function sendSmaller() {
  try {
    const blob = await smaller(state.blob, Math.min(reducedSide, Math.max(photo.naturalWidth, photo.naturalHeight) / 2));
    await display(photo, blob);
    state.blob = blob;
  } catch (error) {
    report(error.message, [["Choose another photo", choose]]);
    return;
  }
  await analyse();
}

function showPhoto(answer, roundTrip) {
  setState("done");
  report();
  const faces = answer.faces.map((face, index) => ({ ...face, id: index + 1 }));
  overlay.clear();
  overlay.show(faces, answer.width, answer.height, false);
  results.show(faces, photo, settings.labels);
  if (faces.length === 0) {
    results.explain(answer.detector === "none" ? "The server found nothing to classify."
      : "Try another detector, or a photo in which the face is larger and looks at the camera.");
    if (settings.hasWholeImage && answer.detector !== "none") {
      report("No face found. Is the picture already cut to a face?",
        [["Take the whole image", () => { settings.detector = "none"; }]]);
    }
  }
  const { decode, detect, total } = answer.milliseconds ?? {};
  showTimes([["Reading", duration(decode)], ["Finding faces", duration(detect)], ["Server in all", duration(total)],
    ["Round trip", duration(roundTrip)]]);
  announce.say(summary(faces));
}

function summary(faces) {
  if (faces.length === 0) return "No face found.";
  const first = faces.slice(0, 5).map((face) => `Face ${face.id}: ${verdict(face)}.`);
  return `${count(faces.length, "face")}. ${first.join(" ")}`;
}

function showTimes(pairs) {
  const list = byID("times");
  list.hidden = false;
  if (list.children.length !== pairs.length) {
    list.replaceChildren(...pairs.map(() => element("div", {}, element("dt"), element("dd"))));
  }
  pairs.forEach(([name, value], index) => {
    const [term, data] = list.children[index].children;
    setText(term, name);
    setText(data, value);
  });
}

/// Ends a question that is under way: its answer is no longer wanted.
function withdraw() {
  state.question?.abort();
  state.question = undefined;
}

function clear() {
  withdraw();
  camera.stop();
  release(photo);
  state.blob = undefined;
  setMode("empty");
  setState("idle");
}

function choose() {
  byID("file").click();
}

// Camera

async function startCamera(device) {
  withdraw();
  release(photo);
  state.blob = undefined;
  setState("idle");
  const chosen = typeof device === "string" ? device : undefined;
  setMode("empty");
  try {
    if (!await camera.start(chosen)) return;
  } catch (error) {
    if (!(error instanceof CameraError)) throw error;
    report(`${error.message} Photos work without a camera.`, [["Choose a photo", choose], ["Try again", startCamera]]);
    return;
  }
  setMode("live");
  setState("live");
  results.clear("Waiting for the first frame…");
  setSize(camera.size.width, camera.size.height);
  byID("mirror").checked = !camera.facesAway;
  mirror();
  setText(document.querySelector("[data-action=pause]"), "Pause");
  document.querySelector("[data-action=pause]").focus({ preventScroll: true });
  listCameras();
}

async function listCameras() {
  const devices = await Camera.devices();
  const select = byID("camera-choice");
  select.replaceChildren(...devices.map((device, index) =>
    element("option", { value: device.deviceId, selected: device.deviceId === camera.device },
      device.label || `Camera ${index + 1}`)));
  select.parentElement.hidden = devices.length < 2;
}

function mirror() {
  state.mirrored = byID("mirror").checked;
  video.classList.toggle("mirrored", state.mirrored);
}

function showLive(answer, canvas, numbers) {
  if (state.mode !== "live") return;
  setState("live");
  report();
  const { width, height } = camera.size;
  setSize(width, height);
  const faces = tracks.follow(answer.faces, performance.now(), byID("steady").checked);
  overlay.show(faces, answer.width, answer.height, state.mirrored);
  results.show(faces, canvas, settings.labels);
  if (faces.length === 0) results.explain("Come closer, or turn towards the light.");
  showTimes([["Frames per second", numbers.rate === undefined ? "–" : numbers.rate.toFixed(1)],
    ["Frame to boxes", duration(numbers.latency)], ["Server", duration(answer.milliseconds?.total)],
    ["Size", `${numbers.width} × ${numbers.height}`]]);
  announce.sayAtLeisure(summary(faces));
}

/// How long to wait before the next frame is tried, in milliseconds; `undefined` ends the loop.
function cameraTrouble(error) {
  if (!(error instanceof ServerError)) {
    report(`The camera's picture could not be used (${error.message}).`);
    return 2000;
  }
  if (error.kind === "unauthorized") {
    camera.stop();
    setMode("empty");
    setState("error");
    askForToken(error.message);
    return undefined;
  }
  setState("error");
  const delay = error.kind === "busy" ? 1000 * error.retryAfter : 2000;
  report(`${sentence(error.message)} Trying again…`);
  return delay;
}

function togglePause() {
  if (state.mode !== "live") return;
  camera.paused = !camera.paused;
  if (camera.paused) video.pause();
  else video.play();
  byID("paused").hidden = !camera.paused;
  setText(document.querySelector("[data-action=pause]"), camera.paused ? "Go on" : "Pause");
  announce.say(camera.paused ? "Paused" : "Going on");
}

async function freeze() {
  try {
    await takePhoto(await camera.photograph());
  } catch (error) {
    report(error.message);
  }
}

// Server

function askForToken(message) {
  byID("token-form").hidden = false;
  report(client.token ? `${sentence(message)} The token was not accepted.` : undefined);
  byID("token").focus();
}

/// Gets the lists of models and detectors; a photo that waits for them is analysed afterwards.
async function connect() {
  if (state.mode === "empty") setState("loading");
  try {
    const [models, detectors] = await Promise.all([client.models(), client.detectors()]);
    settings.fill(models, detectors);
    showModels(byID("model-table"), models);
    byID("token-form").hidden = true;
    if (models.length === 0) report("This server has no models. Start it with the zoo's folder.", [["Try again", connect]]);
    else report();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    setState("error");
    if (error.kind === "unauthorized") askForToken(error.message);
    else report(sentence(error.message), [["Try again", connect]]);
    return;
  }
  if (state.mode === "empty") setState("idle");
  else if (state.mode === "photo" && state.blob) await analyse();
}

function sentence(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

// Wiring

const actions = {
  choose, camera: () => startCamera(), pause: togglePause, stop: clear, clear, freeze,
  paste: async () => {
    try {
      await takePhoto(await clipboardPhoto());
    } catch (error) {
      report(error.message);
    }
  },
};

for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => actions[button.dataset.action]());
}
document.querySelector("[data-action=paste]").hidden = !canReadClipboard;

acceptPhotos({ input: byID("file"), dropTarget: body, take: takePhoto, refuse: (text) => report(text) });

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const control = event.target instanceof Element && event.target.closest("button, a, input, select, textarea, summary");
  if (event.key === "Escape" && state.mode !== "empty") {
    clear();
    document.querySelector(".invitation [data-action=choose]").focus({ preventScroll: true });
  } else if (event.key === " " && state.mode === "live" && !control) {
    event.preventDefault();
    togglePause();
  }
});

let settling;
settings.addEventListener("change", () => {
  clearTimeout(settling);
  if (state.mode === "photo" && state.blob) settling = setTimeout(analyse, 150);
});
settings.addEventListener("refused", () => announce.say("At least one model is needed."));

byID("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  client.setToken(byID("token").value.trim());
  byID("token").value = "";
  connect();
});
byID("mirror").addEventListener("change", mirror);
byID("camera-choice").addEventListener("change", (event) => startCamera(event.target.value));
addEventListener("online", () => {
  if (body.dataset.state === "error") connect();
});
addEventListener("pagehide", () => camera.stop());

connect();
