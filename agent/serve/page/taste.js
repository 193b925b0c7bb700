// What is remembered of the listener: to see, change, take back, download and erase.

import * as api from "./api.js";
import { announce, ask, at, h } from "./dom.js";

const FEW = 6;

export class TastePanel {
  #whole = new Set();

  constructor() {
    at("undo").addEventListener("click", () => this.#change({ change: "undo" }));
    at("add").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = at("add-name").value.trim();
      at("add-name").value = "";
      if (name) this.#change({ change: at("add-change").value, name });
    });
    at("export").addEventListener("click", () => this.#guard(async () => api.download(await api.exported(), "segue-taste.json")));
    at("erase").addEventListener("click", () => this.#erase());
    this.erased = () => {};
  }

  /** Read what is remembered and show it. */
  async refresh() {
    await this.#guard(async () => this.#show(await api.taste()));
  }

  async #erase() {
    const sure = await ask({
      title: "Erase everything?", yes: "Erase",
      text: "This deletes your taste and your conversations for good. It cannot be undone.",
    });
    if (!sure) return;
    await this.#guard(async () => {
      const { events, threads } = await api.erase();
      announce(`Erased: ${events} events and ${threads} conversations.`);
      this.erased();
      await this.refresh();
    });
  }

  #change(...changes) {
    return this.#guard(async () => {
      const edited = await api.edit(...changes);
      this.#show(edited);
      at("taste-text").textContent = edited.receipts.join(" ");
      announce(edited.receipts.join(" "));
    });
  }

  async #guard(work) {
    try {
      await work();
    } catch (error) {
      at("taste-text").textContent = error.message;
      announce(error.message);
    }
  }

  #show({ text, taste }) {
    at("taste-text").textContent = text;
    const likes = taste.leanings.filter((each) => each.strength > 0);
    const avoids = taste.leanings.filter((each) => each.strength < 0);
    at("taste").replaceChildren(
      ...this.#group("Likes", likes, (each) => this.#leaning(each)),
      ...this.#group("Avoids", avoids, (each) => this.#leaning(each)),
      ...this.#group("Never", [...taste.bans].reverse(), (each) => this.#ban(each)),
    );
  }

  #group(title, all, row) {
    if (!all.length) return [];
    const shown = this.#whole.has(title) ? all : all.slice(0, FEW);
    const list = h("ul.leanings", { "aria-label": title }, shown.map(row));
    const more = shown.length < all.length
      ? h("button.plain", { type: "button", onclick: () => {
        this.#whole.add(title);
        more.replaceWith();
        list.append(...all.slice(FEW).map(row));
      } }, `${all.length - shown.length} more`)
      : null;
    return [h("h3", {}, title), list, ...(more ? [more] : [])];
  }

  #leaning(each) {
    const about = subject(each);
    const fill = h("i");
    fill.style.inlineSize = `${Math.max(4, Math.round(Math.abs(each.strength) * 100))}%`;
    const slider = h("input", {
      type: "range", min: -1, max: 1, step: 0.1, value: each.strength, "aria-label": `How much you like ${each.name}`,
      onchange: () => {
        const leaning = Number(slider.value);
        this.#change(leaning === 0 ? { change: "forget", ...about } : { change: leaning > 0 ? "like" : "dislike", leaning, ...about });
      },
    });
    return h("li", {},
      h("details", {},
        h("summary", {}, h("span.name", {}, each.name), h("span.kind", {}, kind(each)),
          h(each.strength < 0 ? "span.bar.less" : "span.bar", { "aria-hidden": true }, fill)),
        h("div.edit", {}, h("span", { "aria-hidden": true }, "–"), slider, h("span", { "aria-hidden": true }, "+"),
          h("button.chip", { type: "button", onclick: () => this.#change({ change: "forget", ...about }) }, "Forget"),
          h("button.chip", { type: "button", onclick: () => this.#change({ change: "never", ...about }) }, "Never"),
          h("span.quiet", {}, each.stated ? "you said so" : "learnt from tracks"))));
  }

  #ban(each) {
    return h("li.ban", {}, h("span.name", {}, each.name), h("span.kind", {}, kind(each)),
      h("button.chip", { type: "button", "aria-label": `Allow ${each.name} again`,
        onclick: () => this.#change({ change: "allow", ...subject(each) }) }, "Allow"));
  }
}

const kind = (each) => [each.subject.kind === "work" ? "song" : each.subject.kind, each.context].filter(Boolean).join(", ");

/** Return what a change is about, as the server takes it. */
const subject = (each) => ({
  name: each.name, kind: each.subject.kind, value: each.subject.value, ...(each.context ? { context: each.context } : {}),
});
