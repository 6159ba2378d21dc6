import { setText } from "./dom.js";

const leisure = 4000; // milliseconds between two announcements while the camera runs

/// Words for screen readers in a live region; while the camera runs, seldom and only when something changed.
export class LiveReader {
  #region;
  #last = 0;
  #labels = "";

  constructor(region) {
    this.#region = region;
  }

  say(text) {
    setText(this.#region, text);
    this.#labels = "";
  }

  /// Numbers change with every frame: only the words count as a change.
  sayAtLeisure(text) {
    const labels = text.replaceAll(/[\d.%]+/g, "");
    const now = performance.now();
    if (labels === this.#labels || now - this.#last < leisure) return;
    this.#last = now;
    this.#labels = labels;
    setText(this.#region, text);
  }
}
