import { jpeg } from "./photo.js";
import { wait } from "./dom.js";

/// A sentence for the reader about why there is no camera.
export class CameraError extends Error {}

const sizes = [320, 480, 640, 960]; // longer side of the frames that are sent
const slow = 140; // milliseconds from frame to boxes: above this, smaller frames
const fast = 45; // below this, larger ones

/// The camera, and the loop that has its frames analysed: one question at a time, about the newest frame.
export class Camera {
  #video;
  #stream;
  #run = 0; // grows with every start and stop: a loop that belongs to an older one ends
  #level = 2;
  #settled = [];
  #canvas = document.createElement("canvas");
  #presented = 0;
  #arrivals = [];
  paused = false;

  /// - `analyse(blob)` asks the server.
  /// - `onResult(answer, canvas, numbers)` gets what it said of the frame on the canvas.
  /// - `onError(error)` returns the milliseconds until the next try, or `undefined` to stop.
  /// - `onEnd()` is called when the camera itself goes away.
  constructor(video, handlers) {
    this.#video = video;
    Object.assign(this, handlers);
  }

  get running() {
    return this.#stream !== undefined;
  }

  get size() {
    return { width: this.#video.videoWidth, height: this.#video.videoHeight };
  }

  /// Whether the picture looks away from the user, as the camera on a phone's back does.
  get facesAway() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().facingMode === "environment";
  }

  get device() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }

  async start(device) {
    this.stop();
    const run = this.#run;
    const stream = await open(device);
    if (run !== this.#run) { // stopped while the user was asked
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.#stream = stream;
    this.paused = false;
    this.#settled = [];
    this.#arrivals = [];
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (run !== this.#run) return;
      this.stop();
      this.onEnd();
    });
    this.#video.srcObject = stream;
    await this.#video.play();
    this.#countFrames(run);
    this.#loop(run);
    return true;
  }

  stop() {
    this.#run += 1;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.srcObject = null;
  }

  /// The newest frame in full size.
  async photograph() {
    const { width, height } = this.size;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(this.#video, 0, 0, width, height);
    return jpeg(canvas, 0.95);
  }

  static async devices() {
    const all = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
    return all.filter((device) => device.kind === "videoinput" && device.deviceId);
  }

  #countFrames(run) {
    if (!this.#video.requestVideoFrameCallback) return;
    const next = () => {
      if (run !== this.#run) return;
      this.#presented += 1;
      this.#video.requestVideoFrameCallback(next);
    };
    this.#video.requestVideoFrameCallback(next);
  }

  async #loop(run) {
    const counts = Boolean(this.#video.requestVideoFrameCallback);
    let seen = -1;
    while (run === this.#run) {
      const idle = this.paused || document.hidden;
      if (idle || (counts && this.#presented === seen)) {
        await wait(idle ? 100 : 4);
        continue;
      }
      seen = this.#presented;
      const begin = performance.now();
      try {
        const blob = await this.#grab();
        const answer = await this.analyse(blob);
        if (run !== this.#run) return;
        if (this.paused) continue;
        this.onResult(answer, this.#canvas, this.#measure(begin));
      } catch (error) {
        if (run !== this.#run) return;
        const delay = this.onError(error);
        if (delay === undefined) return;
        await wait(delay);
      }
      if (!counts) await wait(10);
    }
  }

  #grab() {
    const { width, height } = this.size;
    const scale = Math.min(1, sizes[this.#level] / Math.max(width, height));
    const canvas = this.#canvas;
    const across = Math.max(1, Math.round(width * scale)), down = Math.max(1, Math.round(height * scale));
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
    }
    canvas.getContext("2d", { alpha: false }).drawImage(this.#video, 0, 0, across, down);
    return jpeg(canvas, 0.8);
  }

  /// Frames per second over the last two seconds; the median time from frame to answer of the last eleven.
  #measure(begin) {
    const now = performance.now();
    this.#arrivals = [...this.#arrivals.filter((time) => now - time < 2000), now];
    this.#settled = [...this.#settled, now - begin].slice(-11);
    const span = now - this.#arrivals[0];
    const rate = span > 0 ? (1000 * (this.#arrivals.length - 1)) / span : undefined;
    const latency = [...this.#settled].sort((a, b) => a - b)[this.#settled.length >> 1];
    this.#adapt(latency);
    return { rate, latency, width: this.#canvas.width, height: this.#canvas.height };
  }

  #adapt(latency) {
    if (this.#settled.length < 11) return;
    const canGrow = this.#level < sizes.length - 1
      && sizes[this.#level] < Math.max(this.size.width, this.size.height);
    if (latency > slow && this.#level > 0) this.#level -= 1;
    else if (latency < fast && canGrow) this.#level += 1;
    else return;
    this.#settled = [];
  }
}

async function open(device) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new CameraError(isSecureContext ? "This browser gives pages no camera."
      : "Browsers give the camera only to pages from this machine (localhost) or over HTTPS.");
  }
  const video = {
    width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 },
    ...(device ? { deviceId: { exact: device } } : { facingMode: "user" }),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new CameraError(reasons[error.name] ?? `The camera could not be opened (${error.name}).`);
  }
}

const reasons = {
  NotAllowedError: "The camera is blocked. Allow it for this page beside the address, then try again.",
  NotFoundError: "No camera was found.",
  OverconstrainedError: "This camera is no longer there. Choose another one.",
  NotReadableError: "The camera is in use by another program.",
  AbortError: "The camera did not start. Try again.",
};
