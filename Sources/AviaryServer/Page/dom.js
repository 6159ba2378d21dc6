/// Small helpers for elements and numbers. Text goes in as text nodes only, never as HTML.

/// The element with this id; a missing one is a mistake in the page itself.
export function byID(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element '${id}'`);
  return found;
}

/// Makes an element: attributes with `undefined` or `false` are left out, `true` gives an empty attribute.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

/// `0.9691` as `96.9%`.
export function percent(fraction, digits = 1) {
  return `${(100 * fraction).toFixed(digits)}%`;
}

/// Milliseconds for people: `0.42 ms`, `3.1 ms`, `128 ms`, `1.4 s`.
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "–";
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 10) return `${Math.round(milliseconds)} ms`;
  return `${milliseconds.toFixed(milliseconds >= 1 ? 1 : 2)} ms`;
}

/// `1 face`, `2 faces`.
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/// Changes an element's text only where it differs: screen readers and layout are left in peace.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
