"""reply: what was found becomes one answer, spoken, numbered and receipted; the thread is brought up to date."""

from collections.abc import Mapping
from random import Random
from typing import Final

import xxhash
from langchain_core.messages import AIMessage
from langgraph.config import get_stream_writer

from segue.agent.hear.following import OPINIONS
from segue.agent.partial import Chosen, Said
from segue.agent.parts import Parts
from segue.agent.reply import sentences
from segue.agent.reply.phrase import spoken
from segue.agent.reply.reasons import reason
from segue.agent.state import KEPT_TURNS, Offered, PastTurn, State, Update
from segue.agent.turn import Receipt, ShownTrack, Turn, kept_wish, stored
from segue.agent.wish import Wish
from segue.generator.track import Track
from segue.tools.importance import ModalityWeights

_WORTH: Final = 0.01
"""Share from which on a source or a modality is named."""


async def reply(state: State, parts: Parts) -> Update:
    """Say the answer and keep what the next turn needs."""
    wish, number = state["wish"], state.get("number", 0) + 1
    thread = state["thread"]
    random = Random(xxhash.xxh3_64_intdigest(f"{thread}\n{number}".encode()))
    found = state.get("recommendation")
    tracks = [each.track for each in found.tracks] if found else []
    receipts = [*state["receipts"]]
    text = _said(state, wish, tracks, receipts, random)
    shown, tell = _shown(state, wish, random, parts), get_stream_writer()
    if shown:
        tell(Chosen(shown))
    if parts.chat_model is not None and tracks:
        taste, seconds = state.get("taste_line") or "", parts.budgets.phrase
        text, failed = await spoken(parts.chat_model, seconds, wish.text, tracks, taste, text, tell)
        receipts += failed
    else:
        tell(Said(text))
    turn = Turn(
        id=state["id"],
        thread=thread,
        user=state["user"],
        number=number,
        text=text,
        wish=wish,
        tracks=shown,
        receipts=tuple(dict.fromkeys(receipts)),
        weights=state.get("weights") or ModalityWeights(),
        degraded=tuple(receipt.text for receipt in receipts if receipt.kind == "degraded"),
    )
    return {"turn": turn, "receipts": receipts, **_kept(state, turn)}


def _said(state: State, wish: Wish, tracks: list[Track], receipts: list[Receipt], random: Random) -> str:
    if wish.clarify:
        return wish.clarify
    facts = " ".join(state.get("facts") or ())
    missing = " ".join(receipt.text for receipt in receipts if receipt.kind == "missing")
    if state.get("recommendation") is not None:
        said = sentences.answer(wish, tracks, random)
    elif any(receipt.kind == "degraded" for receipt in receipts) and wish.act in (
        "request",
        "more",
        "refine",
        "dislike",
    ):
        said = "I could not search the catalog just now."
    elif facts:
        said = ""
    elif wish.act == "like":
        said = sentences.liked(_pointed_at(state), random)
    elif wish.act == "question":
        said = "I can only answer from the catalog, and I am not sure which track you mean."
    elif not wish.text.strip():
        said = sentences.nothing_heard(random)
    elif missing:
        said = ""
    else:
        said = sentences.chat(wish, random, first=not state.get("number"))
    return " ".join(part for part in (facts, missing, said) if part)


def _pointed_at(state: State) -> list[Track]:
    return state.get("about") or []


def _shown(state: State, wish: Wish, random: Random, parts: Parts) -> tuple[ShownTrack, ...]:
    found = state.get("recommendation")
    if not found:
        return ()
    liked = [parts.track(track_id) for track_id in (state.get("liked") or ())[-3:] if track_id in parts.catalog]
    last = state.get("last") or []
    compared = [parts.track(last[ref - 1]) for ref in wish.refs if last[ref - 1] in parts.catalog]
    return tuple(
        ShownTrack(
            number=number,
            id=each.track.id,
            title=each.track.title,
            artist=each.track.artist,
            year=each.track.year,
            reason=reason(each.track, wish, each.modalities, random, [*compared, *liked]),
            sources=_shares(each.sources),
            modalities=_shares(each.modalities),
            depths={letters: depth for letters, depth in each.depths.items() if depth},
            link=next(iter(each.track.links), None),
        )
        for number, each in enumerate(found.tracks, 1)
    )


def _shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the shares that are worth a word, the largest first."""
    told = sorted(((share, str(name)) for name, share in shares.items() if share >= _WORTH), reverse=True)
    return {name: round(share, 3) for share, name in told}


def _kept(state: State, turn: Turn) -> Update:
    """Return what the thread keeps of the turn."""
    wish = turn.wish
    shown = [track.id for track in turn.tracks]
    liked = [event.subject.value for event in state.get("events") or () if event.kind == "liked"]
    disliked = [event.subject.value for event in state.get("events") or () if event.kind in ("disliked", "skipped")]
    past = PastTurn(message=stored(wish.text), reply=stored(turn.text), shown=shown, liked=liked, disliked=disliked)
    kept: Update = {
        "messages": [AIMessage(content=turn.text, id=f"{turn.id}-reply")],
        "number": turn.number,
        "past": [*(state.get("past") or []), past][-KEPT_TURNS:],
        "liked": list(dict.fromkeys([*(state.get("liked") or []), *liked])),
        "rejected": list(dict.fromkeys([*(state.get("rejected") or []), *disliked])),
        "answer": turn.record(),
        "outbox": [event.model_dump(mode="json", exclude_defaults=True) for event in state.get("events") or ()],
    }
    if shown or wish.act in ("request", "refine"):
        # Also where nothing was found: "then from 2000 on" goes on from there.
        kept["standing"] = kept_wish(wish).model_dump(mode="json", exclude_defaults=True)
    elif wish.clarify and wish.act in OPINIONS:
        # Asked which track is meant: the answer says which, and what is thought of it was said before.
        standing = state.get("standing") or kept_wish(wish).model_dump(mode="json", exclude_defaults=True)
        kept["standing"] = {**standing, "act": wish.act, "clarify": wish.clarify}
    if about := _pointed_at(state):
        kept["focus"] = [track.id for track in about]
    if shown:
        kept["focus"] = []
        kept["last"] = shown
        kept["offered"] = {
            track.id: Offered(title=track.title, artist=track.artist, reason=track.reason) for track in turn.tracks
        }
        kept["seen"] = list(dict.fromkeys([*(state.get("seen") or []), *shown]))
    return kept
