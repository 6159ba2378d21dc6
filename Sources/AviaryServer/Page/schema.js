import { element } from "./dom.js";

/// JSON Schema of the OpenAPI document in words and tables.

/// What a `$ref` of the document points to, else the thing itself; `name` is the last part of the reference.
export function resolve(document, thing) {
  let name;
  for (let depth = 0; thing?.$ref && depth < 16; depth += 1) {
    const steps = thing.$ref.replace(/^#\//, "").split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    name = steps.at(-1);
    thing = steps.reduce((at, step) => at?.[step], document);
  }
  return { thing: thing ?? {}, name };
}

/// A type in words: `list of Face`, `text`, `number, at least 0`. Named schemas are links to their table.
export function typeOf(schema, document) {
  if (!schema || Object.keys(schema).length === 0) return ["anything"];
  if (schema.$ref) {
    const { name } = resolve(document, schema);
    return [element("a", { href: `#schema-${name}` }, name)];
  }
  for (const [key, word] of [["oneOf", " or "], ["anyOf", " or "], ["allOf", " and "]]) {
    const between = (index) => (index ? [word] : []);
    const parts = schema[key]?.flatMap((one, index) => [...between(index), ...typeOf(one, document)]);
    if (parts) return parts;
  }
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  const types = [schema.type ?? "object"].flat();
  if (types.includes("array")) return ["list of ", ...typeOf(schema.items, document), ...entries(schema)];
  if (types.includes("object") && schema.additionalProperties && !schema.properties) {
    return ["object of ", ...typeOf(schema.additionalProperties, document)];
  }
  const words = { string: "text", integer: "whole number", boolean: "true or false" };
  const format = schema.contentEncoding ?? schema.contentMediaType ?? schema.format;
  const base = types.map((type) => words[type] ?? type).join(" or ");
  return [format ? `${base} (${format})` : base, ...range(schema)];
}

function range({ minimum, maximum, exclusiveMinimum }) {
  if (minimum !== undefined && maximum !== undefined) return [`, ${minimum} to ${maximum}`];
  if (minimum !== undefined) return [`, at least ${minimum}`];
  if (exclusiveMinimum !== undefined) return [`, above ${exclusiveMinimum}`];
  if (maximum !== undefined) return [`, at most ${maximum}`];
  return [];
}

function entries({ minItems, maxItems }) {
  if (minItems !== undefined && minItems === maxItems) return [`, ${minItems} entries`];
  if (maxItems !== undefined) return [`, at most ${maxItems} entries`];
  return minItems ? [`, at least ${minItems} entries`] : [];
}

/// All properties of an object, those of its parts (`allOf`) included; nested ones as `milliseconds.total`.
export function properties(schema, document, prefix = "", depth = 0) {
  const { thing } = resolve(document, schema);
  const parts = (thing.allOf ?? []).flatMap((part) => properties(part, document, prefix, depth));
  const required = new Set(thing.required ?? []);
  const own = Object.entries(thing.properties ?? {}).flatMap(([name, value]) => {
    const path = prefix + name;
    const row = { path, schema: value, required: required.has(name) };
    const inner = value.type === "array" && !value.items?.$ref ? value.items : value;
    const deeper = inner?.properties && depth < 4
      ? properties(inner, document, `${path}${inner === value ? "." : "[]."}`, depth + 1) : [];
    return [row, ...deeper];
  });
  return [...parts, ...own];
}

/// A table of names, types and words.
export function fields(rows, document, caption) {
  if (rows.length === 0) return element("p", { class: "note" }, "No fixed fields.");
  return element("table", { class: "fields" }, element("caption", { class: "hidden" }, caption),
    element("thead", { class: "hidden" }, element("tr", {}, ...["Name", "Type", "Meaning"].map((title) =>
      element("th", { scope: "col" }, title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, element("code", {}, row.path), " ",
        row.required ? element("span", { class: "required" }, "required") : ""),
      element("td", { class: "type" }, ...typeOf(row.schema, document)),
      element("td", {}, ...inline(row.description ?? row.schema?.description ?? ""))))));
}

/// Text with `code` marked by backticks, and **strong** words; the rest stays as it is.
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((piece) => {
    if (piece.length > 2 && piece.startsWith("`")) return element("code", {}, piece.slice(1, -1));
    if (piece.length > 4 && piece.startsWith("**")) return element("strong", {}, piece.slice(2, -2));
    return piece;
  });
}

/// Paragraphs and lists of a description.
export function prose(text) {
  const blocks = (text ?? "").split(/\n\s*\n/).filter((block) => block.trim());
  return element("div", { class: "prose" }, ...blocks.map((block) => {
    const lines = block.trim().split("\n");
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      const items = lines.map((line) => inline(line.replace(/^\s*[-*] /, "")));
      return element("ul", {}, ...items.map((item) => element("li", {}, ...item)));
    }
    return element("p", {}, ...inline(block.trim()));
  }));
}
