import { byID, element, percent, setText } from "./dom.js";

const hues = 6; // colours in page.css: .hue-0 to .hue-5
const narrow = 64; // among several faces, a box that is shown narrower than this carries only its number

export function hue(id) {
  return `hue-${(id - 1) % hues}`;
}

/// Boxes and landmarks over the picture. Positions are percentages of the frame, so they hold at any size.
export class Overlay {
  #root = byID("overlay");
  #boxes = new Map();
  #size = { width: 1, height: 1 };

  /// `onSelect(id)` is called when a box is pressed.
  constructor(onSelect) {
    this.onSelect = onSelect;
    new ResizeObserver(() => this.#fitLabels()).observe(this.#root);
  }

  clear() {
    for (const box of this.#boxes.values()) box.root.remove();
    this.#boxes.clear();
  }

  /// `faces` have ids; `width` and `height` are those of the picture that was analysed.
  show(faces, width, height, mirrored) {
    this.#size = { width, height };
    const gone = new Set(this.#boxes.keys());
    for (const face of faces) {
      gone.delete(face.id);
      const box = this.#boxes.get(face.id) ?? this.#make(face.id);
      place(box, face, width, height, mirrored);
    }
    for (const id of gone) {
      this.#boxes.get(id).root.remove();
      this.#boxes.delete(id);
    }
    this.#fitLabels();
  }

  select(id) {
    for (const [key, box] of this.#boxes) box.root.classList.toggle("selected", key === id);
  }

  #make(id) {
    const box = {
      number: element("span", { class: "box-number" }, String(id)),
      label: element("span", { class: "box-label" }),
      points: [],
    };
    box.tag = element("span", { class: "box-tag" }, box.number, box.label);
    box.root = element("button", { type: "button", class: `box ${hue(id)}`, "data-face": id }, box.tag);
    box.root.addEventListener("click", () => this.onSelect(id));
    this.#boxes.set(id, box);
    this.#root.append(box.root);
    return box;
  }

  #fitLabels() {
    const scale = this.#root.clientWidth / this.#size.width;
    const several = this.#boxes.size > 3;
    for (const box of this.#boxes.values()) {
      box.root.classList.toggle("narrow", several && box.width * scale < narrow);
      box.root.classList.toggle("high", box.top * scale < 24);
    }
  }
}

function place(box, face, width, height, mirrored) {
  const { x, y, width: w, height: h } = face.box;
  // A detector's box may reach beyond the picture: what lies outside is not shown.
  const left = Math.max(0, x), top = Math.max(0, y);
  const right = Math.min(width, x + w), bottom = Math.min(height, y + h);
  box.width = right - left;
  box.top = top;
  const { style } = box.root;
  style.left = part(mirrored ? width - right : left, width);
  style.top = part(top, height);
  style.width = part(right - left, width);
  style.height = part(bottom - top, height);
  const best = strongest(face);
  setText(box.label, best ? `${best.label} ${percent(best.probability, 0)}` : "");
  const text = `Face ${face.id}` + (best ? `: ${best.label}, ${percent(best.probability)}` : "");
  if (box.root.getAttribute("aria-label") !== text) box.root.setAttribute("aria-label", text);
  const marks = face.landmarks ?? [];
  while (box.points.length > marks.length) box.points.pop().remove();
  while (box.points.length < marks.length) {
    const point = element("span", { class: "box-point" });
    box.points.push(point);
    box.root.append(point);
  }
  marks.forEach((mark, index) => {
    const across = (mark.x - left) / (right - left);
    box.points[index].style.left = part(mirrored ? 1 - across : across, 1);
    box.points[index].style.top = part((mark.y - top) / (bottom - top), 1);
  });
}

function part(value, whole) {
  return `${(100 * value) / whole}%`;
}

/// What most models say, and their mean probability for it.
export function strongest(face) {
  const { predictions } = face;
  if (!predictions?.length) return undefined;
  const means = new Map();
  for (const { probabilities } of predictions) {
    for (const { label, probability } of probabilities) {
      means.set(label, (means.get(label) ?? 0) + probability / predictions.length);
    }
  }
  return [...means].map(([label, probability]) => ({ label, probability }))
    .reduce((a, b) => (b.probability > a.probability ? b : a), { label: "", probability: 0 });
}
