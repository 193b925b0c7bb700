// The page, put together.

import * as api from "./api.js";
import { Chat } from "./chat.js";
import { announce, ask, at } from "./dom.js";
import { TastePanel } from "./taste.js";
import { Weights } from "./weights.js";

const weights = new Weights();
const taste = new TastePanel();
const chat = new Chat({
  weights: () => weights.chosen(),
  answered: (turn) => weights.show(turn.weights),
  changed: () => taste.refresh(),
});
taste.erased = () => { api.me.fresh(); chat.restore(); };

async function begin() {
  at("listener").textContent = `Listener: ${api.me.named ? api.me.user : "this browser"}`;
  await Promise.all([chat.restore(), taste.refresh()]);
}

/** Wait until the agent is loaded: the server answers before that. */
async function warm() {
  for (;;) {
    try {
      const { tracks } = await api.ready();
      at("catalog").textContent = `${tracks.toLocaleString()} tracks`;
      return;
    } catch (error) {
      at("catalog").textContent = error.message;
      if (error.code === "not_loaded") throw error;
      await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    }
  }
}

at("fresh").addEventListener("click", () => { api.me.fresh(); chat.restore(); at("message").focus(); });
at("save").addEventListener("click", async () => {
  try {
    api.download(await api.playlist(), "segue.m3u");
    announce("The playlist is saved.");
  } catch (error) {
    announce(error.message);
    await ask({ title: "No playlist", text: error.message, yes: "OK" });
  }
});
at("listener").addEventListener("click", async () => {
  const name = await ask({
    title: "Who is listening?", yes: "Switch", input: { value: api.me.user, longest: 96 },
    text: "Taste is remembered under this name.",
  });
  if (!name || name === api.me.user) return;
  api.me.user = name;
  api.me.fresh();
  await begin();
});

for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => {
    at("main").dataset.panel = tab.dataset.panel;
    for (const each of document.querySelectorAll(".tabs button")) each.setAttribute("aria-pressed", String(each === tab));
  });
}

await warm();
await begin();
