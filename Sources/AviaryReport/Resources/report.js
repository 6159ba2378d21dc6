"use strict";
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const dialog = document.getElementById("samples");
  const grid = document.getElementById("samples-grid");
  const more = document.getElementById("samples-more");
  const page = 60;
  let waiting = [];

  const element = (name, className, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const card = (i) => {
    const figure = element("figure");
    const picture = data.pictures[i];
    if (picture) {
      const image = element("img");
      image.src = "data:image/jpeg;base64," + picture;
      image.alt = data.classes[data.truth[i]] + ", " + data.ids[i];
      figure.append(image);
    } else {
      figure.append(element("div", "none", "not embedded"));
    }
    figure.append(element("div", "id", data.ids[i]));
    figure.append(element("div", "", "true: " + data.classes[data.truth[i]]));
    data.models.forEach((model, m) => {
      const predicted = data.predicted[m][i];
      const right = predicted === data.truth[i];
      figure.append(element("div", right ? "ok" : "no",
        (right ? "✓ " : "✗ ") + model + ": " + data.classes[predicted] + " " + data.confidence[m][i] + " %"));
    });
    return figure;
  };

  const showMore = () => {
    grid.append(...waiting.splice(0, page).map(card));
    more.hidden = waiting.length === 0;
    more.textContent = "show more (" + waiting.length + ")";
  };

  // Pictures that are embedded first, then by how sure the model was.
  const show = (title, places, model) => {
    places.sort((a, b) =>
      (b in data.pictures) - (a in data.pictures) ||
      data.confidence[model][b] - data.confidence[model][a]);
    const embedded = places.filter((i) => i in data.pictures).length;
    document.getElementById("samples-title").textContent = title;
    document.getElementById("samples-note").textContent = places.length + " samples" +
      (embedded < places.length ? ", " + embedded + " with their pictures; the others by name" : "");
    grid.replaceChildren();
    waiting = places;
    showMore();
    dialog.showModal();
    dialog.scrollTop = 0;
  };

  const all = data.truth.map((_, i) => i);
  const outcomes = ["both right", "only first right", "only second right", "both wrong"];
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) {
      if (event.target === dialog) dialog.close();
      return;
    }
    const set = button.dataset;
    if (set.m !== undefined) {
      const [m, t, p] = [+set.m, +set.t, +set.p];
      show(data.models[m] + ": " + data.classes[t] + " predicted as " + data.classes[p],
        all.filter((i) => data.truth[i] === t && data.predicted[m][i] === p), m);
    } else if (set.pair !== undefined) {
      const [a, b] = set.pair.split(",").map(Number);
      const outcome = +set.outcome;
      show(data.models[a] + " and " + data.models[b] + ": " + outcomes[outcome],
        all.filter((i) => {
          const first = data.predicted[a][i] === data.truth[i];
          const second = data.predicted[b][i] === data.truth[i];
          return (first ? (second ? 0 : 1) : second ? 2 : 3) === outcome;
        }), outcome === 2 ? b : a);
    }
  });
  more.addEventListener("click", showMore);
  window.addEventListener("beforeprint", () =>
    document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
