import { byID, count, element, percent, setText } from "./dom.js";
import { accuracy } from "./models.js";

/// Detectors for a server whose own choice is to look for no faces: people's photos show more than a face.
const preferred = ["yunet", "ultraface", "haar", "mtcnn"];

/// Short names for the detectors that ship; others go by the server's description.
const names = {
  auto: "The best there is", yunet: "YuNet", mtcnn: "MTCNN", ultraface: "UltraFace", haar: "Haar cascade",
  none: "None: the whole image",
};

/// Which models and which detector; what the user chose is remembered in this browser.
///
/// Sends `change` when a choice changed, `refused` when the last model was to be switched off.
export class Settings extends EventTarget {
  #models = [];
  #form = byID("settings");
  #list = byID("models");
  #detector = byID("detector");
  #panel = byID("settings-panel");

  constructor() {
    super();
    this.#panel.open = matchMedia("(min-width: 60rem)").matches;
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", (event) => this.#changed(event.target));
    for (const button of this.#form.querySelectorAll("[data-models]")) {
      button.addEventListener("click", () => this.#select(button.dataset.models));
    }
  }

  /// Ids in the server's order.
  get models() {
    return this.#boxes().filter((box) => box.checked).map((box) => box.value);
  }

  get detector() {
    return this.#detector.value;
  }

  set detector(id) {
    this.#detector.value = id;
    this.#changed(this.#detector);
  }

  /// The detector that takes the whole image for a face, where the server has it.
  get hasWholeImage() {
    return [...this.#detector.options].some((option) => option.value === "none");
  }

  /// All labels of all models, each once, in the order in which they come up: bars of all models line up.
  get labels() {
    return [...new Set(this.#models.flatMap((model) => model.labels ?? []))];
  }

  fill(models, { standard, list }) {
    const kept = recall();
    this.#models = models;
    const ids = new Set(models.map((model) => model.id));
    const chosen = (kept.models ?? []).filter((id) => ids.has(id));
    const initial = new Set(chosen.length ? chosen : byAccuracy(models).slice(0, 6).map((model) => model.id));
    this.#list.replaceChildren(...models.map((model) => chip(model, initial.has(model.id))));
    this.#detector.replaceChildren(...list.map(option));
    const usable = list.filter((one) => one.available !== false).map((one) => one.id);
    const finders = [standard === "none" ? undefined : standard, ...preferred, ...usable];
    const wanted = [kept.detector, ...finders].find((id) => usable.includes(id));
    if (wanted) this.#detector.value = wanted;
    this.#panel.hidden = false;
    this.#summarise();
  }

  /// What is chosen, in words beside the title: the panel may be closed.
  #summarise() {
    const { models } = this;
    const name = this.#detector.selectedOptions[0]?.textContent ?? "";
    const told = models.length === 1 ? models[0] : count(models.length, "model");
    setText(byID("settings-summary"), `${told}, ${name}`);
  }

  #boxes() {
    return [...this.#list.querySelectorAll("input")];
  }

  #select(which) {
    const best = byAccuracy(this.#models)[0]?.id;
    for (const box of this.#boxes()) box.checked = which === "all" || box.value === best;
    this.#changed(undefined);
  }

  #changed(control) {
    if (this.models.length === 0 && control) {
      control.checked = true;
      this.dispatchEvent(new Event("refused"));
      return;
    }
    remember({ models: this.models, detector: this.detector });
    this.#summarise();
    this.dispatchEvent(new Event("change"));
  }
}

function chip(model, checked) {
  const box = element("input", { type: "checkbox", value: model.id, checked });
  const known = accuracy(model);
  const told = Number.isFinite(known) ? percent(known) : undefined;
  return element("label", { class: "chip", title: model.name ?? model.id }, box,
    element("span", { class: "chip-name" }, model.id),
    told && element("span", { class: "chip-accuracy" },
      element("span", { class: "hidden" }, "accuracy "), told));
}

function option({ id, name, available }) {
  const missing = available === false;
  const text = names[id] ?? (name ?? id).split(";")[0];
  return element("option", { value: id, disabled: missing, title: name }, missing ? `${text} (not here)` : text);
}

function byAccuracy(models) {
  return [...models].sort((a, b) => (accuracy(b) ?? 0) - (accuracy(a) ?? 0));
}

const key = "aviary.settings";

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
    return { models: Array.isArray(kept?.models) ? kept.models : [], detector: kept?.detector };
  } catch {
    return {};
  }
}

function remember(settings) {
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // Private windows may refuse; the choice then lasts until the next reload.
  }
}
