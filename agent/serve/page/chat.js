// The conversation: what was said, what was answered, and what became of it.

import * as api from "./api.js";
import { cards } from "./cards.js";
import { announce, at, h } from "./dom.js";
import { RECEIPTS, STEPS } from "./labels.js";

const IDEAS = [
  "mellow 90s trip hop, nothing too dark",
  "some 90s rock by Radiohead or Nirvana",
  "quiet piano music to read to",
  "never play country",
];

export class Chat {
  #log = at("log");
  #box = at("message");
  #abort = null;

  /** `weights` returns those set by hand or null; `answered` is told of each answer, `changed` of new taste. */
  constructor({ weights, answered, changed }) {
    this.weights = weights;
    this.answered = answered;
    this.changed = changed;
    at("ask").addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    at("stop").addEventListener("click", () => this.#abort?.abort());
    this.#box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#submit(); }
    });
    this.#box.addEventListener("input", () => this.#fit());
  }

  /** Show what was said in this conversation before, or some ideas where nothing was. */
  async restore() {
    this.#log.replaceChildren();
    const { turns } = await api.history();
    for (const turn of turns) {
      this.#said(turn.message);
      this.#log.append(this.#answer(turn));
    }
    if (turns.length) this.answered(turns.at(-1));
    else this.#welcome();
    this.#down();
  }

  #welcome() {
    const ideas = IDEAS.map((idea) => h("li", {}, h("button.idea", { type: "button", onclick: () => this.say(idea) }, idea)));
    this.#log.append(h("div.welcome", {}, h("p.large", {}, "What would you like to hear?"),
      h("p.quiet", {}, "Say it in your own words. Every track comes with the reason why it is here."), h("ul.ideas", {}, ideas)));
  }

  #submit() {
    const message = this.#box.value.trim();
    if (!message || this.#abort) return;
    this.#box.value = "";
    this.#fit();
    this.say(message);
  }

  /** Say something and show the answer. */
  async say(message, id = api.newId()) {
    if (this.#abort) return;
    this.#abort = new AbortController();
    this.#log.querySelector(".welcome")?.remove();
    this.#said(message);
    const steps = h("ul.steps");
    const waiting = h("div.turn.waiting", {}, h("p.pulse", {}, h("span.hidden", {}, "Segue is thinking"), h("i"), h("i"), h("i")), steps);
    this.#log.append(waiting);
    this.#log.setAttribute("aria-busy", "true");
    this.#busy(true);
    this.#down();
    try {
      const turn = await api.turn(message, {
        id, weights: this.weights(), signal: this.#abort.signal,
        onStep: (node) => { if (STEPS[node]) steps.append(h("li", {}, STEPS[node])); },
      });
      const answer = this.#answer(turn);
      waiting.replaceWith(answer);
      answer.scrollIntoView({ block: "start", behavior: motion() });
      this.answered(turn);
      this.changed();
    } catch (error) {
      waiting.replaceWith(this.#problem(error, message, id));
      this.#down();
    } finally {
      this.#log.setAttribute("aria-busy", "false");
      this.#abort = null;
      this.#busy(false);
    }
  }

  #said(message) {
    this.#log.append(h("div.said-by-me", {}, h("span.hidden", {}, "You: "), message));
  }

  #answer(turn) {
    const receipts = turn.receipts.filter((receipt) => !turn.text.includes(receipt.text)).map((receipt) => {
      const [sign, label] = RECEIPTS[receipt.kind];
      return h(`li.${receipt.kind}`, {}, h("span.sign", { "aria-hidden": true }, sign), h("span.hidden", {}, `${label}: `), receipt.text);
    });
    return h("div.turn", {}, h("p.text", {}, h("span.hidden", {}, "Segue: "), turn.text),
      turn.tracks.length ? cards(turn.tracks, this.changed) : null,
      receipts.length ? h("ul.receipts", { "aria-label": "What was done with your message" }, receipts) : null);
  }

  #problem(error, message, id) {
    const stopped = error.name === "AbortError";
    const text = stopped ? "Stopped; nothing was answered." : error instanceof TypeError ? "The server cannot be reached." : error.message;
    const again = h("button.chip", { type: "button", onclick: () => {
      box.previousElementSibling?.remove();
      box.remove();
      this.say(message, id);
    } }, "Try again");
    const box = h("div.turn.problem", { role: "alert" }, h("p", {}, text), again);
    announce(text);
    return box;
  }

  #busy(busy) {
    at("send").hidden = busy;
    at("stop").hidden = !busy;
    if (!busy && matchMedia("(hover: hover)").matches) this.#box.focus();
  }

  #fit() {
    this.#box.style.blockSize = "auto";
    this.#box.style.blockSize = `${Math.min(this.#box.scrollHeight + 2, 160)}px`;
  }

  #down() {
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior: motion() });
  }
}

const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
