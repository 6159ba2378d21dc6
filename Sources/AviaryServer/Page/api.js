/// The server's API as the page uses it. Every failure is a `ServerError` with a sentence for the reader.

const tokenKey = "aviary.token";

/// `kind`: offline, timeout, unauthorized, tooLarge, busy, refused (the request's fault) or failed.
export class ServerError extends Error {
  constructor(kind, message, retryAfter = 0) {
    super(message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?…]$/.test(message) ? "" : "."));
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

export class Client {
  constructor() {
    this.token = remembered();
  }

  /// Kept until the tab is closed, so that a reload does not ask again.
  setToken(token) {
    this.token = token;
    try {
      if (token) sessionStorage.setItem(tokenKey, token);
      else sessionStorage.removeItem(tokenKey);
    } catch {
      // Storage may be switched off; the token then lasts until the next reload.
    }
  }

  async models(options) {
    return (await this.request("v1/models", options)).models ?? [];
  }

  async detectors(options) {
    const answer = await this.request("v1/detectors", options);
    return { standard: answer.default, list: answer.detectors ?? [] };
  }

  /// Faces and their classes in a PNG or JPEG. `signal` withdraws the question.
  async predict(picture, { models, detector, signal, timeout }) {
    const form = new FormData();
    if (models?.length) form.append("models", models.join(","));
    if (detector) form.append("detector", detector);
    form.append("image", picture, picture.type === "image/png" ? "photo.png" : "photo.jpg");
    return this.request("v1/predict", { method: "POST", body: form, signal, timeout });
  }

  async request(path, { method = "GET", body, signal, timeout = 30000 } = {}) {
    const deadline = AbortSignal.timeout(timeout);
    const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    let response, text;
    try {
      response = await fetch(path, { method, body, headers, signal: either, cache: "no-store" });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      if (deadline.aborted) {
        throw new ServerError("timeout", `The server did not answer within ${timeout / 1000} seconds.`);
      }
      throw new ServerError("offline", "The server cannot be reached. Is it running, and are you online?");
    }
    const answer = parsed(text);
    if (!response.ok) throw failure(response, answer);
    if (answer === undefined) throw new ServerError("failed", "The server's answer could not be read.");
    return answer;
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(tokenKey) ?? "";
  } catch {
    return "";
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sentences = {
  400: "The server could not make sense of the picture.",
  401: "The server asks for a token.",
  403: "The server refuses this.",
  408: "The upload took too long.",
  413: "The picture is too large for this server.",
  415: "The server cannot read this kind of picture.",
  429: "Too many requests.",
  503: "The server is busy.",
};

function failure(response, answer) {
  const { status } = response;
  const told = answer?.error?.message ?? answer?.error ?? answer?.message;
  const message = typeof told === "string" && told ? told
    : sentences[status] ?? `The server answered with status ${status}.`;
  if (status === 401) return new ServerError("unauthorized", message);
  if (status === 413) return new ServerError("tooLarge", message);
  if (status === 503 || status === 429) {
    return new ServerError("busy", message, seconds(response.headers.get("Retry-After")));
  }
  return new ServerError(status >= 500 ? "failed" : "refused", message);
}

/// Retry-After in seconds, or as a date; at least one second, at most a minute.
function seconds(header) {
  const number = /^\d+$/.test(header ?? "") ? Number(header) : (Date.parse(header ?? "") - Date.now()) / 1000;
  return Math.min(60, Math.max(1, Number.isFinite(number) ? Math.ceil(number) : 2));
}
