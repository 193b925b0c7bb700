// How much each modality matters: as the agent weighed it, or as the listener drags it.

import { announce, at, h } from "./dom.js";
import { MODALITIES } from "./labels.js";

export class Weights {
  #sliders = {};
  #byHand = false;

  constructor() {
    for (const [letters, label] of Object.entries(MODALITIES)) {
      const shown = h("output", { for: `weight-${letters}` }, "0");
      const slider = h("input", { type: "range", id: `weight-${letters}`, min: 0, max: 10, step: 0.5, value: 0, oninput: () => this.#drag() });
      this.#sliders[letters] = { slider, shown };
      at("weights").append(h("div.weight", {}, h("label", { for: `weight-${letters}` }, label), slider, shown));
    }
    at("decide").addEventListener("click", () => this.#decide());
  }

  /** Return the weights set by hand, or null where the agent decides. */
  chosen() {
    if (!this.#byHand) return null;
    return Object.fromEntries(Object.entries(this.#sliders).map(([letters, { slider }]) => [letters, Number(slider.value)]));
  }

  /** Show the weights of an answer, unless the listener has set their own. */
  show(weights) {
    if (this.#byHand || !Object.values(weights).some((weight) => weight > 0)) return;
    for (const [letters, { slider, shown }] of Object.entries(this.#sliders)) {
      slider.value = weights[letters];
      shown.textContent = Number(weights[letters]).toFixed(1).replace(".0", "");
    }
  }

  #drag() {
    this.#byHand = true;
    for (const { slider, shown } of Object.values(this.#sliders)) shown.textContent = slider.value;
    at("decide").hidden = false;
    at("weights-note").textContent = "Yours: for your next messages.";
  }

  #decide() {
    this.#byHand = false;
    at("decide").hidden = true;
    at("weights-note").textContent = "Weighed by Segue. Drag to decide yourself.";
    announce("Segue decides again what matters.");
    at("weights").querySelector("input").focus();
  }
}
