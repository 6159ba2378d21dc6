import { ServerError } from "./api.js";
import { Camera, CameraError } from "./camera.js";
import { byID, duration, element, setText } from "./dom.js";
import { summary } from "./stage.js";
import { Tracks } from "./tracks.js";

const patience = 10000; // milliseconds that one frame's answer may take
const restart = 2000; // milliseconds until the next try after a failure

/// The camera on the stage: live boxes and bars, pause, mirror, choice of camera.
export class CameraSession {
  #video = byID("video");
  #pauseButton = document.querySelector("[data-action=pause]");
  #mirror = byID("mirror");
  #choice = byID("camera-choice");
  #tracks = new Tracks();
  #camera;

  /// `choose` opens the file dialog, `unauthorized` asks for a token.
  constructor(stage, client, settings, { choose, unauthorized }) {
    Object.assign(this, { stage, client, settings, choose, unauthorized });
    this.#camera = new Camera(this.#video, {
      analyse: (blob) => {
        const { models, detector } = settings;
        return client.predict(blob, { models, detector, timeout: patience });
      },
      onResult: (answer, canvas, numbers) => this.#present(answer, canvas, numbers),
      onError: (error) => this.#trouble(error),
      onEnd: () => this.#ended(),
    });
    this.#mirror.addEventListener("change", () => this.#applyMirror());
    this.#choice.addEventListener("change", () => this.start(this.#choice.value));
  }

  async start(device) {
    const { stage } = this;
    stage.setMode("empty");
    stage.setState("idle");
    try {
      if (!await this.#camera.start(device)) return;
    } catch (error) {
      this.#camera.stop();
      const words = error instanceof CameraError ? error.message
        : `The camera's picture could not be shown (${error.message}).`;
      stage.report(`${words} Photos work without a camera.`,
        [["Choose a photo", this.choose], ["Try again", () => this.start()]]);
      return;
    }
    this.#tracks.clear();
    stage.setMode("live");
    stage.setState("live");
    stage.results.clear("Waiting for the first frame…");
    stage.setSize(this.#camera.size.width, this.#camera.size.height);
    this.#mirror.checked = !this.#camera.facesAway;
    this.#applyMirror();
    this.#showPause();
    this.#pauseButton.focus({ preventScroll: true });
    await this.#listCameras();
  }

  stop() {
    this.#camera.stop();
  }

  togglePause() {
    this.#camera.paused = !this.#camera.paused;
    if (this.#camera.paused) this.#video.pause();
    else this.#video.play();
    this.#showPause();
    this.stage.announce(this.#camera.paused ? "Paused" : "Going on");
  }

  /// The newest frame as a JPEG in full size.
  photograph() {
    return this.#camera.photograph();
  }

  #showPause() {
    const { paused } = this.#camera;
    byID("paused").hidden = !paused;
    setText(this.#pauseButton, paused ? "Go on" : "Pause");
  }

  #applyMirror() {
    this.#video.classList.toggle("mirrored", this.#mirror.checked);
  }

  async #listCameras() {
    const devices = await Camera.devices();
    this.#choice.replaceChildren(...devices.map((device, index) =>
      element("option", { value: device.deviceId, selected: device.deviceId === this.#camera.device },
        device.label || `Camera ${index + 1}`)));
    this.#choice.parentElement.hidden = devices.length < 2;
  }

  #present(answer, canvas, { rate, latency, width, height }) {
    const { stage } = this;
    stage.setState("live");
    stage.report();
    // Again with every frame: a phone that is turned changes its picture.
    stage.setSize(this.#camera.size.width, this.#camera.size.height);
    const faces = this.#tracks.follow(answer.faces, performance.now(), byID("steady").checked);
    stage.overlay.show(faces, answer.width, answer.height, this.#mirror.checked);
    stage.results.show(faces, canvas, this.settings.labels);
    if (faces.length === 0) stage.results.explain("Come closer, or turn towards the light.");
    stage.showTimes([["Frames per second", rate === undefined ? "–" : rate.toFixed(1)],
      ["Frame to boxes", duration(latency)], ["Server", duration(answer.milliseconds?.total)],
      ["Size", `${width} × ${height}`]]);
    stage.announce(summary(faces), { leisurely: true });
  }

  /// How long to wait before the next frame is tried, in milliseconds; `undefined` ends the loop.
  #trouble(error) {
    const { stage } = this;
    if (!(error instanceof ServerError)) {
      stage.report(`The camera's picture could not be used (${error.message}).`);
      return restart;
    }
    if (error.kind === "unauthorized") {
      this.#camera.stop();
      stage.setMode("empty");
      stage.setState("error");
      this.unauthorized(error.message);
      return undefined;
    }
    stage.setState("error");
    stage.report(`${error.message} Trying again…`);
    return error.kind === "busy" ? 1000 * error.retryAfter : restart;
  }

  #ended() {
    this.stage.setMode("empty");
    this.stage.setState("idle");
    this.stage.report("The camera was switched off or unplugged.", [["Use the camera", () => this.start()]]);
  }
}
