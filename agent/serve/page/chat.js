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
    const asked = this.#said(message);
    const draft = new Draft(this.changed);
    this.#log.append(draft.box);
    this.#log.setAttribute("aria-busy", "true");
    this.#busy(true);
    this.#down();
    try {
      const turn = await api.turn(message, {
        id, weights: this.weights(), signal: this.#abort.signal,
        onPart: (name, data) => {
          if (name === "weights") this.answered({ weights: data });
          if (draft.add(name, data)) this.#to(asked, draft.box);
        },
      });
      if (draft.tracks) draft.finish(words(turn), receipts(turn));
      else {
        const answer = this.#answer(turn);
        draft.box.replaceWith(answer);
        this.#to(asked, answer);
      }
      this.answered(turn);
      this.changed();
    } catch (error) {
      draft.box.replaceWith(this.#problem(error, message, id));
      this.#down();
    } finally {
      this.#log.setAttribute("aria-busy", "false");
      this.#abort = null;
      this.#busy(false);
    }
  }

  #said(message) {
    const said = h("div.said-by-me", {}, h("span.hidden", {}, "You: "), message);
    this.#log.append(said);
    return said;
  }

  /** Scroll so that an answer is read from its beginning, below the message unless that is a long one. */
  #to(asked, answer) {
    const first = asked.offsetHeight < this.#log.clientHeight / 4 ? asked : answer;
    first.scrollIntoView({ block: "start", behavior: motion() });
  }

  #answer(turn) {
    return h("div.turn", {}, words(turn), turn.tracks.length ? cards(turn.tracks, this.changed) : null, receipts(turn));
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
    // Not away from somebody who is at a card already.
    if (!busy && matchMedia("(hover: hover)").matches && !this.#log.contains(document.activeElement)) this.#box.focus();
  }

  #fit() {
    this.#box.style.blockSize = "auto";
    this.#box.style.blockSize = `${Math.min(this.#box.scrollHeight + 2, 160)}px`;
  }

  #down() {
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior: motion() });
  }
}

const words = (turn) => h("p.text", {}, h("span.hidden", {}, "Segue: "), turn.text);

/** Return what was done with the message, or null where there is nothing to say of it. */
function receipts(turn) {
  const told = turn.receipts.filter((receipt) => !turn.text.includes(receipt.text)).map((receipt) => {
    const [sign, label] = RECEIPTS[receipt.kind];
    return h(`li.${receipt.kind}`, {}, h("span.sign", { "aria-hidden": true }, sign), h("span.hidden", {}, `${label}: `), receipt.text);
  });
  return told.length ? h("ul.receipts", { "aria-label": "What was done with your message" }, told) : null;
}

/** An answer on its way: tracks as soon as they are chosen, words as soon as they are checked. */
class Draft {
  #steps = h("ul.steps");
  #words = h("p.text", { hidden: true });
  #working = h("div.under-way", {},
    h("p.pulse", {}, h("span.hidden", {}, "Segue is thinking"), h("i"), h("i"), h("i")), this.#steps);
  tracks = null;

  constructor(changed) {
    this.changed = changed;
    this.box = h("div.turn.waiting", {}, this.#words, this.#working);
  }

  /** Show what is settled; return whether the tracks have just come. */
  add(name, data) {
    if (name === "step" && STEPS[data.node]) this.#steps.append(h("li", {}, STEPS[data.node]));
    if (name === "said") {
      this.#words.append(this.#words.hidden ? "" : " ", data.text);
      this.#words.hidden = false;
    }
    if (name !== "tracks") return false;
    this.tracks = cards(data.tracks, this.changed);
    this.box.append(this.tracks);
    return true;
  }

  /** Make it the whole answer; its tracks stay where they are, for somebody may be at their buttons. */
  finish(text, told) {
    this.#words.replaceWith(text);
    this.#working.remove();
    this.box.classList.remove("waiting");
    if (told) this.box.append(told);
  }
}

const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
