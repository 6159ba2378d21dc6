import { byID, count, element, setText } from "./dom.js";
import { LiveReader } from "./live.js";
import { Overlay } from "./overlay.js";
import { Results, verdict } from "./results.js";

const invitation =
  "Each face gets a box on the picture, and here its bars: one for each expression and model.";

/// The picture's place with everything that follows from it: boxes, results, times, messages.
///
/// `mode`: empty, photo or live. `state`: loading, idle, busy, done, live or error.
export class Stage {
  mode = "empty";
  overlay = new Overlay((id) => this.#select(id, true));
  results = new Results((id) => this.#select(id, false));
  #announcer = new LiveReader(byID("announcer"));
  #frame = byID("frame");
  #times = byID("times");

  /// Empties the stage and prepares it for what comes.
  setMode(mode) {
    this.mode = mode;
    document.body.dataset.mode = mode;
    this.#frame.hidden = mode === "empty";
    byID("photo").hidden = mode !== "photo";
    byID("video").hidden = mode !== "live";
    byID("toolbar").hidden = mode === "empty";
    byID("live-options").hidden = mode !== "live";
    byID("paused").hidden = true;
    for (const button of document.querySelectorAll("[data-for]")) button.hidden = button.dataset.for !== mode;
    this.wipe(mode === "empty" ? invitation : "");
    this.report();
  }

  setState(name) {
    document.body.dataset.state = name;
    const busy = name === "busy";
    byID("results").setAttribute("aria-busy", String(busy));
    byID("working").hidden = !busy;
  }

  get state() {
    return document.body.dataset.state;
  }

  /// Takes boxes, bars and times away; `words` stand in their place.
  wipe(words) {
    this.overlay.clear();
    this.results.clear(words);
    this.#times.hidden = true;
  }

  /// A sentence about what went wrong, with buttons `[text, action]`; without one, the message goes away.
  report(sentence, actions = []) {
    byID("message").hidden = !sentence;
    if (!sentence && byID("message-text").textContent === "") return;
    setText(byID("message-text"), sentence ?? "");
    byID("message-actions").replaceChildren(...actions.map(([text, action]) => {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => action());
      return button;
    }));
  }

  /// The shape of the picture: the frame takes the largest size of this shape that fits.
  setSize(width, height) {
    this.#frame.style.setProperty("--ratio", String(width / height));
  }

  /// Names and values below the picture.
  showTimes(pairs) {
    const list = this.#times;
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

  /// To screen readers; `leisurely` while the camera runs.
  announce(text, { leisurely = false } = {}) {
    if (leisurely) this.#announcer.sayAtLeisure(text);
    else this.#announcer.say(text);
  }

  #select(id, focus) {
    this.overlay.select(id);
    this.results.select(id, { focus });
  }
}

/// The faces of an answer in words.
export function summary(faces) {
  if (faces.length === 0) return "No face found.";
  const first = faces.slice(0, 5).map((face) => `Face ${face.id}: ${verdict(face)}.`);
  return `${count(faces.length, "face")}. ${first.join(" ")}`;
}
