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
      const answer = element("div", "answer " + (right ? "ok" : "no"));
      answer.title = model;
      answer.append(element("span", "", (right ? "✓ " : "✗ ") + model),
        element("span", "", data.classes[predicted] + " " + data.confidence[m][i] + " %"));
      figure.append(answer);
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

  // Every table as CSV, every chart as SVG and PNG.
  const names = new Set();
  const fileName = (text) => {
    const base = text.trim().toLowerCase().replace(/[^a-z0-9._]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "table";
    let name = base;
    for (let k = 2; names.has(name); k++) name = base + "-" + k;
    names.add(name);
    return name;
  };
  const save = (blob, name) => {
    const link = element("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const button = (text, title, action) => {
    const node = element("button", "save", text);
    node.type = "button";
    node.title = title;
    node.addEventListener("click", action);
    return node;
  };
  const quoted = (text) => /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  const csv = (table) => [...table.rows].map((row) =>
    [...row.cells].map((cell) => quoted(cell.textContent.trim())).join(",")).join("\n") + "\n";
  document.querySelectorAll("table").forEach((table) => {
    const name = fileName((table.closest("section")?.id || "") + " " + (table.caption?.textContent || "").split(/[,.;:(]/)[0]);
    const tools = element("div", "tools");
    tools.append(button("CSV", "save the table as " + name + ".csv", () =>
      save(new Blob([csv(table)], { type: "text/csv" }), name + ".csv")));
    table.after(tools);
  });
  // As it was drawn, for white paper, whatever the page looks like.
  const drawing = (svg) => new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
  document.querySelectorAll(".chart").forEach((figure) => {
    const svg = figure.querySelector("svg");
    const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
    figure.style.setProperty("--natural", width);
    const name = fileName(figure.dataset.name);
    figure.querySelector("figcaption").prepend(
      button("SVG", "save the chart as " + name + ".svg", () => save(drawing(svg), name + ".svg")),
      button("PNG", "save the chart as " + name + ".png", async () => {
        const image = new Image();
        // The page lets no picture in but those that it holds.
        image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(await drawing(svg).text());
        await image.decode();
        const canvas = element("canvas");
        [canvas.width, canvas.height] = [2 * width, 2 * height];
        const context = canvas.getContext("2d");
        context.fillStyle = "#ffffff";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, name + ".png"), "image/png");
      }));
  });
  window.addEventListener("beforeprint", () =>
    document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
