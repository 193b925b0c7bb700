// Talks to the server that the page came from, and to nobody else.

import { ask } from "./dom.js";

const KEY = "segue-key";
const USER = "segue-user";
const THREAD = "segue-thread";

const random = () => [...crypto.getRandomValues(new Uint8Array(8))].map((each) => each.toString(16).padStart(2, "0")).join("");

/** Who listens, and in which conversation: kept in this browser. */
export const me = {
  get user() { return remembered(USER, () => `listener-${random()}`); },
  /** Whether somebody gave themselves a name: one that was made up says nothing to anybody. */
  get named() { return !/^listener-[0-9a-f]{16}$/.test(this.user); },
  set user(name) { localStorage.setItem(USER, name); },
  get thread() { return remembered(THREAD, () => `page-${random()}`); },
  fresh() { localStorage.setItem(THREAD, `page-${random()}`); },
};

function remembered(key, make) {
  let value = localStorage.getItem(key);
  if (!value) localStorage.setItem(key, value = make());
  return value;
}

/** What the server could not do, in its own words. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error?.code;
  }
}

/** Send a request and return the response; asks for a key where one is needed. */
async function send(method, path, { query, body, signal, accept } = {}) {
  const url = new URL(path, location.origin);
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
  const headers = { Accept: accept ?? "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  const key = sessionStorage.getItem(KEY);
  if (key) headers.Authorization = `Bearer ${key}`;
  const response = await fetch(url, { method, headers, signal, body: body && JSON.stringify(body) });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))).error;
  if (response.status === 401) {
    const given = await asked(problem);
    if (given !== null) {
      sessionStorage.setItem(KEY, given);
      return send(method, path, { query, body, signal, accept });
    }
  }
  throw new Refused(response.status, problem);
}

let asking = null;

/** Ask for a key once, however many requests need it. */
function asked(problem) {
  asking ??= ask({
    title: "API key",
    text: `This server needs a key (${problem?.message ?? "none was given"}). It is forgotten when this tab is closed.`,
    yes: "Use it",
    input: { secret: true },
  }).finally(() => { asking = null; });
  return asking;
}

const json = async (...given) => (await send(...given)).json();
const thread = () => `/v1/threads/${encodeURIComponent(me.thread)}`;

export const ready = () => json("GET", "/readyz");
export const history = () => json("GET", `${thread()}/turns`, { query: { user: me.user } });
export const taste = () => json("GET", "/v1/taste", { query: { user: me.user } });
export const edit = (...changes) => json("PATCH", "/v1/taste", { body: { user: me.user, changes } });
export const erase = () => json("DELETE", "/v1/taste", { query: { user: me.user } });
export const feedback = (track, kind) =>
  json("POST", "/v1/feedback", { body: { user: me.user, thread: me.thread, track, kind } });
export const exported = async () => (await send("GET", "/v1/taste/export", { query: { user: me.user } })).blob();
export const playlist = async () =>
  (await send("GET", `${thread()}/playlist.m3u`, { query: { user: me.user }, accept: "*/*" })).blob();

/** Ask for a turn; `onPart` is told the name and data of all that is settled before the whole. The id makes it safe to
 * send again. */
export async function turn(message, { id, weights, signal, onPart }) {
  const body = { message, user: me.user, thread: me.thread, id, stream: true };
  if (weights) body.weights = weights;
  const response = await send("POST", "/v1/turn", { body, signal, accept: "text/event-stream" });
  for await (const { name, data } of events(response.body)) {
    if (name === "error") throw new Refused(500, data.error);
    if (name === "turn") return data;
    onPart(name, data);
  }
  throw new Refused(500, { message: "The connection ended before the answer came." });
}

/** Yield server-sent events. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const fields = { event: "message", data: "" };
      for (const line of text.slice(0, end).split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
      }
      text = text.slice(end + 2);
      if (fields.data) yield { name: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

/** Let the browser save a file. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const newId = random;
