import { element, percent } from "./dom.js";

/// A model's accuracy on FER2013's whole test set, where its manifest tells one.
export function accuracy(model) {
  const known = (model.metrics ?? [])
    .filter((one) => /^fer2013\b/i.test(one.data) && !/without/i.test(one.data));
  return (known.find((one) => one.samples === 7178) ?? known[0])?.accuracy;
}

/// The table of models under the limits: what each is and how well it does on FER2013.
export function showModels(root, models) {
  const rows = models.map((model) => element("tr", {},
    element("th", { scope: "row" }, model.id),
    element("td", {}, model.name ?? ""),
    element("td", {}, model.family ?? ""),
    element("td", { class: "number" }, told(model.parameters, millions)),
    element("td", { class: "number" }, told(accuracy(model), percent))));
  const head = ["Model", "Name", "Family", "Parameters", "Accuracy"].map((title, index) =>
    element("th", { scope: "col", class: index > 2 ? "number" : undefined }, title));
  root.replaceChildren(element("table", { class: "list" },
    element("caption", {}, "Models of this server; the accuracy is that on FER2013’s test set"),
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
  root.hidden = models.length === 0;
}

function told(number, format) {
  return Number.isFinite(number) ? format(number) : "–";
}

function millions(number) {
  return number >= 1e6 ? `${(number / 1e6).toFixed(1)} M` : `${Math.round(number / 1000)} k`;
}
