import { Client } from "./api.js";
import { byID, element } from "./dom.js";
import { fields, inline, properties, prose, resolve, typeOf } from "./schema.js";

/// Shows /openapi.json for people: operations by tag, then the schemas. Nothing is loaded from elsewhere.

const verbs = ["get", "put", "post", "delete", "patch", "head", "options"];
const client = new Client();

function show(api) {
  const operations = Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    verbs.filter((verb) => item[verb]).map((verb) => {
      const operation = item[verb];
      const id = verb + path.replaceAll(/\W+/g, "-");
      const tag = operation.tags?.[0] ?? "other";
      return { path, verb, operation, id, tag, shared: item.parameters ?? [] };
    }));
  const told = (api.tags ?? []).map((tag) => tag.name);
  const tags = [...new Set([...told, ...operations.map((one) => one.tag)])]
    .filter((tag) => operations.some((one) => one.tag === tag));
  const schemas = Object.entries(api.components?.schemas ?? {});
  const content = [
    element("h1", {}, `${api.info?.title ?? "API"}: the API`),
    api.info?.summary ? element("p", { class: "lead" }, api.info.summary) : undefined,
    prose(api.info?.description),
  ];
  for (const tag of tags) {
    content.push(element("h2", { id: anchor(tag) }, tag));
    const about = api.tags?.find((one) => one.name === tag)?.description;
    if (about) content.push(prose(about));
    content.push(...operations.filter((one) => one.tag === tag).map((one) => section(one, api)));
  }
  if (schemas.length) {
    content.push(element("h2", { id: "schemas" }, "Schemas"));
    content.push(...schemas.map(([name, schema]) => schemaPanel(name, schema, api)));
  }
  byID("content").replaceChildren(...content.filter(Boolean));
  showContents(tags, operations, schemas.length > 0);
  document.body.dataset.state = "done";
  openTarget();
}

function anchor(tag) {
  return `tag-${tag.replaceAll(/\W+/g, "-")}`;
}

function showContents(tags, operations, hasSchemas) {
  const groups = tags.flatMap((tag) => [
    element("h2", {}, tag),
    element("ul", {}, ...operations.filter((one) => one.tag === tag).map((one) => element("li", {},
      element("a", { href: `#${one.id}` }, badge(one.verb), one.path)))),
  ]);
  if (hasSchemas) groups.push(element("h2", {}, element("a", { href: "#schemas" }, "Schemas")));
  const list = element("details", {}, element("summary", {}, "Contents"), ...groups);
  list.open = matchMedia("(min-width: 60rem)").matches;
  byID("contents").replaceChildren(list);
}

function badge(verb) {
  return element("span", { class: `method ${verb}` }, verb.toUpperCase());
}

function section({ path, verb, operation, shared, id }, api) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((one) => resolve(api, one).thing);
  const parts = [
    element("h3", {}, badge(verb), element("span", { class: "path" }, path)),
    operation.summary ? element("p", { class: "summary" }, ...inline(operation.summary)) : undefined,
    operation.description ? prose(operation.description) : undefined,
    example(path, verb, operation, api),
  ];
  if (parameters.length) {
    parts.push(element("h4", {}, "Parameters"), fields(parameters.map((one) => ({
      path: one.name, required: one.required, schema: one.schema,
      description: [one.description, one.in === "query" ? "" : `In the ${one.in}.`].filter(Boolean).join(" "),
    })), api, `Parameters of ${path}`));
  }
  const body = resolve(api, operation.requestBody).thing;
  const plain = [];
  for (const [type, { schema }] of Object.entries(body.content ?? {})) {
    const rows = properties(schema ?? {}, api);
    if (rows.length === 0) {
      plain.push(type);
    } else {
      const title = element("h4", {}, "Body as ", element("code", {}, type));
      parts.push(title, fields(rows, api, `Body of ${path} as ${type}`));
    }
  }
  if (plain.length) {
    parts.push(element("h4", {}, `Body as the bytes of a file: ${plain.join(", ")}`));
  }
  parts.push(element("h4", {}, "Answers"), element("ul", { class: "responses" },
    ...Object.entries(operation.responses ?? {}).map(([status, response]) => answer(status, response, api))));
  if (verb === "get" && !path.includes("{") && isJSON(operation, api)) parts.push(trial(path));
  return element("section", { class: "operation panel", id, "aria-label": `${verb.toUpperCase()} ${path}` },
    ...parts.filter(Boolean));
}

function isJSON(operation, api) {
  const { content } = resolve(api, operation.responses?.[200]).thing;
  return Object.keys(content ?? {}).some((type) => type.includes("json"));
}

function answer(status, response, api) {
  const { thing } = resolve(api, response);
  const kinds = Object.entries(thing.content ?? {}).flatMap(([type, { schema }]) =>
    [" ", ...(schema?.$ref ? typeOf(schema, api) : [element("code", {}, type)])]);
  return element("li", {}, element("span", { class: `status${status >= "400" ? " bad" : ""}` }, status),
    element("span", {}, ...inline(thing.description ?? ""), ...kinds));
}

/// The command line of a request, to copy.
function example(path, verb, operation, api) {
  const words = ["curl"];
  const types = Object.keys(resolve(api, operation.requestBody).thing.content ?? {});
  if (verb === "head") words.push("--head");
  else if (verb !== "get" && types.length === 0) words.push(`-X ${verb.toUpperCase()}`);
  if (types.includes("multipart/form-data")) words.push("-F image=@photo.jpg");
  else if (types.includes("application/json")) words.push("--json @request.json");
  const base = new URL("./", document.baseURI).href.replace(/\/$/, "");
  const target = base + path;
  words.push(/[{?&]/.test(target) ? `'${target}'` : target);
  const command = words.join(" ");
  const copy = element("button", { type: "button", "aria-label": `Copy the command for ${path}` }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Not allowed";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });
  return element("div", { class: "example" }, element("pre", { tabindex: "0" }, command),
    navigator.clipboard ? copy : undefined);
}

/// A button that asks this server and shows what it says.
function trial(path) {
  const output = element("div", { class: "tried example", role: "status" });
  const button = element("button", { type: "button" }, "Ask this server");
  button.addEventListener("click", async () => {
    button.disabled = true;
    let text;
    try {
      text = JSON.stringify(await client.request(path.slice(1)), null, 2);
    } catch (error) {
      text = error.message;
    }
    output.replaceChildren(element("pre", { tabindex: "0" }, text));
    button.disabled = false;
  });
  return element("div", { class: "tried" }, button, output);
}

function schemaPanel(name, schema, api) {
  const rows = properties(schema, api);
  return element("details", { class: "schema panel", id: `schema-${name}` },
    element("summary", {}, name),
    schema.description ? prose(schema.description) : undefined,
    rows.length ? fields(rows, api, name) : element("p", {}, ...typeOf(schema, api)));
}

/// A link to a schema opens it.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView();
}

addEventListener("hashchange", openTarget);

try {
  show(await client.request("openapi.json"));
} catch (error) {
  document.body.dataset.state = "error";
  byID("loading").textContent = `The description of the API could not be loaded. ${error.message}`;
}
