// Tracks as cards: what it is, why it is here, and what the listener thinks of it.

import * as api from "./api.js";
import { announce, h, webAddress } from "./dom.js";
import { MODALITIES, SOURCES } from "./labels.js";

const LEVELS = 3;

/** Return the list of an answer's tracks. `changed` is called when the taste may have changed. */
export function cards(tracks, changed) {
  return h("ol.cards", {}, tracks.map((track) => card(track, changed)));
}

function card(track, changed) {
  const byline = [track.artist, track.year].filter(Boolean).join(" · ");
  return h("li.card", { "data-track": track.id },
    h("span.number", { "aria-hidden": true }, String(track.number)),
    h("div.what", {}, h("h3", {}, track.title), h("p.by", {}, byline), h("p.why", {}, track.reason)),
    matched(track),
    actions(track, changed),
  );
}

/** Return the bars of the modalities that matched, and on demand which sources found the track. */
function matched(track) {
  const shares = Object.entries(track.modalities).sort((one, other) => other[1] - one[1]);
  const bars = shares.slice(0, 3).map(([letters, share]) => bar(letters, share, track.depths[letters]));
  const rest = shares.slice(3).map(([letters, share]) => bar(letters, share, track.depths[letters]));
  const sources = Object.entries(track.sources).sort((one, other) => other[1] - one[1]);
  const found = sources.map(([name, share]) => `${SOURCES[name] ?? name.replaceAll("_", " ")} (${percent(share)})`);
  const more = found.length || rest.length
    ? h("details", {}, h("summary", {}, "More on why"), h("ul.bars", {}, rest),
      found.length ? h("p.quiet", {}, `Found by ${found.join(", ")}.`) : null)
    : null;
  return h("div.matched", {}, h("ul.bars", { "aria-label": "What matched" }, bars), more);
}

function bar(letters, share, depth) {
  const fill = h("i", { "aria-hidden": true });
  fill.style.inlineSize = `${Math.max(3, Math.round(share * 100))}%`;
  const label = MODALITIES[letters] ?? letters;
  const deep = depth === undefined ? null : `, ${depth} of ${LEVELS} levels agree`;
  const dots = depth === undefined ? null : h("span.depth", { "aria-hidden": true, title: `${depth} of ${LEVELS} levels agree` },
    Array.from({ length: LEVELS }, (_, level) => h(level < depth ? "b.on" : "b")));
  return h("li", {}, h("span.label", {}, label), h("span.bar", { "aria-hidden": true }, fill), dots,
    h("span.hidden", {}, `: ${percent(share)} of the match${deep ?? ""}`));
}

const percent = (share) => `${Math.round(share * 100)}%`;

function actions(track, changed) {
  const named = `${track.title} by ${track.artist}`;
  const row = h("div.actions", { role: "group", "aria-label": named });
  const buttons = {};

  async function act(button, work) {
    button.disabled = true;
    try {
      announce(await work());
      changed();
    } catch (error) {
      announce(error.message);
      row.append(h("p.problem", { role: "alert" }, error.message));
    } finally {
      button.disabled = false;
    }
  }

  function opinion(kind, other, sign, text) {
    return h("button.chip", {
      type: "button", "aria-pressed": "false", "aria-label": `${text}: ${named}`,
      onclick: () => act(buttons[kind], async () => {
        const said = (await api.feedback(track.id, kind)).text;
        buttons[kind].setAttribute("aria-pressed", "true");
        buttons[other].setAttribute("aria-pressed", "false");
        return said;
      }),
    }, h("span", { "aria-hidden": true }, sign), ` ${text}`);
  }

  function banning() {
    const choose = h("span.choose", { role: "group", "aria-label": "Never play" },
      h("button.chip.danger", { type: "button", onclick: () => ban({ track: track.id }) }, "this song"),
      h("button.chip.danger", { type: "button", onclick: () => ban({ name: track.artist, kind: "artist" }) }, "this artist"),
      h("button.chip", { type: "button", onclick: close }, "Cancel"));
    choose.hidden = true;
    const never = h("button.chip", {
      type: "button", "aria-expanded": "false", "aria-label": `Never play: ${named}`,
      onclick: () => (choose.hidden ? open() : close()),
    }, h("span", { "aria-hidden": true }, "⊘"), " Never");

    function open() {
      choose.hidden = false;
      never.setAttribute("aria-expanded", "true");
      choose.querySelector("button").focus();
    }
    function close() {
      choose.hidden = true;
      never.setAttribute("aria-expanded", "false");
      never.focus();
    }
    function ban(about) {
      close();
      return act(never, async () => {
        const said = (await api.edit({ change: "never", ...about })).receipts[0];
        row.closest(".card").classList.add("banned");
        row.append(h("p.said", {}, said));
        return said;
      });
    }
    choose.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    return [never, choose];
  }

  buttons.liked = opinion("liked", "disliked", "♥", "Like");
  buttons.disliked = opinion("disliked", "liked", "✕", "Not for me");
  const address = track.link && webAddress(track.link);
  const link = address
    ? h("a.chip", { href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": `Listen: ${named}` }, "Listen ↗")
    : null;
  row.append(buttons.liked, buttons.disliked, ...banning(), ...(link ? [link] : []));
  return row;
}
