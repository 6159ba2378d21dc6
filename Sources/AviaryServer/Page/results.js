import { byID, count, duration, element, percent, setText } from "./dom.js";
import { hue, strongest } from "./overlay.js";

/// One card a face: its picture, what the models agree on, and a table of bars for each model.
export class Results {
  #root = byID("faces");
  #title = byID("results-title");
  #placeholder = byID("placeholder");
  #cards = new Map();

  /// `onSelect(id)` is called when a card is pressed or gets the focus.
  constructor(onSelect) {
    this.onSelect = onSelect;
  }

  clear(placeholder = "") {
    this.#cards.clear();
    this.#root.replaceChildren();
    setText(this.#title, "Results");
    if (placeholder) setText(this.#placeholder, placeholder);
    this.#placeholder.hidden = !placeholder;
  }

  /// `source` is what was analysed (an image or a canvas); `labels` is the order of the bars.
  show(faces, source, labels) {
    setText(this.#title, faces.length ? count(faces.length, "face") : "No face found");
    this.#placeholder.hidden = faces.length > 0;
    const gone = new Set(this.#cards.keys());
    for (const face of faces) {
      gone.delete(face.id);
      let card = this.#cards.get(face.id);
      const form = face.predictions.map((one) => one.model).join() + labels.join();
      if (card && card.form !== form) {
        card.root.remove();
        card = undefined;
      }
      card ??= this.#make(face, labels, form);
      update(card, face, source);
    }
    for (const id of gone) {
      this.#cards.get(id).root.remove();
      this.#cards.delete(id);
    }
  }

  /// Words for the space below "No face found".
  explain(text) {
    setText(this.#placeholder, text);
  }

  select(id, { focus = false } = {}) {
    for (const [key, card] of this.#cards) card.root.classList.toggle("selected", key === id);
    const card = this.#cards.get(id);
    if (!card || !focus) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.root.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    card.root.focus({ preventScroll: true });
  }

  #make(face, labels, form) {
    const { id } = face;
    const card = {
      form,
      crop: element("canvas", { width: 128, height: 128, "aria-hidden": "true" }),
      verdict: element("p", { class: "verdict" }),
      detail: element("p", { class: "detail" }),
      models: face.predictions.map((prediction) => modelTable(prediction, labels)),
    };
    card.root = element("article",
      { class: `card ${hue(id)}`, tabindex: "-1", "aria-labelledby": `face-${id}`, "data-face": id },
      element("header", {}, card.crop,
        element("div", {}, element("h3", { id: `face-${id}` }, `Face ${id}`), card.verdict, card.detail)),
      element("div", { class: "bars" }, ...card.models.map((model) => model.root)));
    card.root.addEventListener("pointerenter", () => this.onSelect(id));
    card.root.addEventListener("focus", () => this.onSelect(id));
    this.#cards.set(id, card);
    const after = [...this.#root.children].find((other) => Number(other.dataset.face) > id);
    this.#root.insertBefore(card.root, after ?? null);
    return card;
  }
}

/// A table with one row for each label; only its numbers change later.
function modelTable(prediction, order) {
  const own = prediction.probabilities.map((one) => one.label);
  const labels = [...order.filter((label) => own.includes(label)),
    ...own.filter((label) => !order.includes(label))];
  const time = element("span", { class: "model-time" });
  const rows = new Map();
  const body = element("tbody");
  for (const label of labels) {
    const fill = element("span", { class: "fill" });
    const value = element("td", { class: "value" });
    const bar = element("span", { class: "bar" }, fill);
    const track = element("td", { class: "track", "aria-hidden": "true" }, bar);
    const row = element("tr", {}, element("th", { scope: "row" }, label), track, value);
    rows.set(label, { row, fill, value });
    body.append(row);
  }
  const root = element("table", { class: "model", "data-model": prediction.model },
    element("caption", {}, element("span", { class: "model-name" }, prediction.model), " ", time), body);
  return { root, rows, time };
}

function update(card, face, source) {
  setText(card.verdict, verdict(face));
  setText(card.detail, detail(face));
  face.predictions.forEach((prediction, index) => {
    const { rows, time } = card.models[index];
    setText(time, duration(prediction.milliseconds));
    for (const { label, probability } of prediction.probabilities) {
      const entry = rows.get(label);
      if (!entry) continue;
      entry.row.classList.toggle("top", label === prediction.label);
      entry.fill.style.width = `${100 * probability}%`;
      setText(entry.value, percent(probability));
    }
  });
  crop(card.crop, source, face.box);
}

/// The answer in words: one model's label with its probability, or how far several models agree.
export function verdict(face) {
  const { predictions } = face;
  const best = strongest(face);
  if (!best) return "";
  if (predictions.length === 1) return `${best.label} ${percent(best.probability)}`;
  const votes = new Map();
  for (const { label } of predictions) votes.set(label, (votes.get(label) ?? 0) + 1);
  const ranked = [...votes].sort((a, b) => b[1] - a[1]);
  if (ranked.length === 1) {
    return `${ranked[0][0]}: ${predictions.length === 2 ? "both" : `all ${predictions.length}`} models agree`;
  }
  const counts = ranked.map(([label, number]) => `${label} ${number}`);
  return `${counts.join(", ")} of ${predictions.length} models`;
}

function detail(face) {
  const best = strongest(face);
  const parts = [];
  if (face.predictions.length > 1 && best) parts.push(`mean ${best.label} ${percent(best.probability)}`);
  if (best && best.probability < 0.5) parts.push("not sure");
  const { width, height } = face.box;
  parts.push(`${Math.round(width)} × ${Math.round(height)} pixels`);
  if (Math.min(width, height) < 40) parts.push("small: less reliable");
  return parts.join(" · ");
}

/// The face with some space around it, as a square.
function crop(canvas, source, box) {
  const side = 1.35 * Math.max(box.width, box.height);
  const x = box.x + box.width / 2 - side / 2;
  const y = box.y + box.height / 2 - side / 2;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, x, y, side, side, 0, 0, canvas.width, canvas.height);
}
