import { ServerError } from "./api.js";
import { byID, count, duration } from "./dom.js";
import { PhotoError, display, release, sendable, smaller } from "./photo.js";
import { summary } from "./stage.js";

const retries = 4; // how often a busy server is asked again without the user
const reducedSide = 1600; // longer side of the smaller copy that is offered for a photo that is too large

/// A photo on the stage: shown, sent, asked about again when the settings change.
export class PhotoSession {
  #image = byID("photo");
  #blob; // as it is sent
  #question; // the AbortController of the question under way

  /// `choose` opens the file dialog, `unauthorized` asks for a token.
  constructor(stage, client, settings, { choose, unauthorized }) {
    Object.assign(this, { stage, client, settings, choose, unauthorized });
  }

  get hasPhoto() {
    return this.#blob !== undefined;
  }

  async take(file) {
    this.#withdraw();
    this.#blob = undefined;
    this.stage.setMode("photo");
    this.stage.setState("busy");
    try {
      const blob = await sendable(file);
      await this.#show(blob);
      this.#image.alt = file.name ? `The photo ${file.name}` : "The photo";
    } catch (error) {
      this.clear();
      this.stage.setMode("empty");
      this.stage.setState("idle");
      this.#refuse(error);
      return;
    }
    await this.analyse();
  }

  /// Asks about the photo, again while the server is busy. An earlier question is withdrawn.
  async analyse() {
    this.#withdraw();
    const question = new AbortController();
    this.#question = question;
    const { signal } = question;
    this.stage.setState("busy");
    this.stage.report();
    for (let attempt = 0; ; attempt += 1) {
      const begin = performance.now();
      try {
        const { models, detector } = this.settings;
        const answer = await this.client.predict(this.#blob, { models, detector, signal });
        if (!signal.aborted) this.#present(answer, performance.now() - begin);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ServerError) || error.kind !== "busy" || attempt >= retries) {
          this.#trouble(error);
          return;
        }
        if (!await this.#pause(error, signal)) return;
      }
    }
  }

  /// Forgets the photo.
  clear() {
    this.#withdraw();
    this.#blob = undefined;
    release(this.#image);
  }

  /// Shows what is sent, so that boxes and picture have the same size.
  async #show(blob) {
    await display(this.#image, blob);
    this.stage.setSize(this.#image.naturalWidth, this.#image.naturalHeight);
    this.#blob = blob;
  }

  #withdraw() {
    this.#question?.abort();
    this.#question = undefined;
  }

  /// Counts down to the next try; `false` if the question was withdrawn meanwhile.
  async #pause(error, signal) {
    let skip;
    const skipped = new Promise((resolve) => (skip = resolve));
    for (let left = error.retryAfter; left > 0; left -= 1) {
      this.stage.report(`${error.message} Trying again in ${count(left, "second")}.`,
        [["Try now", () => skip(true)]]);
      const now = await Promise.race([skipped, new Promise((resolve) => setTimeout(resolve, 1000, false))]);
      if (signal.aborted) return false;
      if (now) break;
    }
    this.stage.report();
    return true;
  }

  #trouble(error) {
    const { stage } = this;
    stage.setState("error");
    stage.wipe("No answer yet.");
    const another = ["Choose another photo", this.choose];
    if (error.kind === "unauthorized") {
      this.unauthorized(error.message);
    } else if (error.kind === "tooLarge") {
      stage.report(error.message, [["Send a smaller copy", () => this.#sendSmaller()], another]);
    } else {
      stage.report(error.message, [error.kind === "refused" ? another : ["Try again", () => this.analyse()]]);
    }
  }

  async #sendSmaller() {
    const side = Math.min(reducedSide, Math.max(this.#image.naturalWidth, this.#image.naturalHeight) / 2);
    try {
      await this.#show(await smaller(this.#blob, side));
    } catch (error) {
      this.#refuse(error);
      return;
    }
    await this.analyse();
  }

  #refuse(error) {
    const words = error instanceof PhotoError ? error.message
      : `The photo could not be opened (${error.message}).`;
    this.stage.report(words, [["Choose another photo", this.choose]]);
  }

  #present(answer, roundTrip) {
    const { stage, settings } = this;
    stage.setState("done");
    stage.wipe();
    const faces = answer.faces.map((face, index) => ({ ...face, id: index + 1 }));
    stage.overlay.show(faces, answer.width, answer.height, false);
    stage.results.show(faces, this.#image, settings.labels);
    if (faces.length === 0) this.#explainNoFace(answer);
    const { decode, detect, total } = answer.milliseconds ?? {};
    stage.showTimes([["Reading", duration(decode)], ["Finding faces", duration(detect)],
      ["Server in all", duration(total)], ["Round trip", duration(roundTrip)]]);
    stage.announce(summary(faces));
  }

  #explainNoFace({ detector }) {
    this.stage.results.explain(
      "Try another detector, or a photo in which the face is larger and looks at the camera.");
    if (!this.settings.hasWholeImage || detector === "none") return;
    this.stage.report("No face found. Is the picture already cut to a face?",
      [["Take the whole image", () => { this.settings.detector = "none"; }]]);
  }
}
