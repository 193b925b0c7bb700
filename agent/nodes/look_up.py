"""look_up: a question about a track is answered from the fields that the catalog has, or not at all."""

from collections.abc import Sequence

from segue.agent.attempt import attempt
from segue.agent.nodes.hear import shown_track, shown_tracks
from segue.agent.parts import Parts
from segue.agent.reply.answers import about
from segue.agent.reply.comparing import extreme, labelled
from segue.agent.state import State, Update
from segue.agent.toolbox.calls import call
from segue.agent.wish import Question, Wish
from segue.generator.track import Track


async def look_up(state: State, parts: Parts) -> Update:
    """Find the sentences that answer the question."""
    wish, receipts = state["wish"], [*state["receipts"]]
    facts: list[str] = []
    messages = []
    tracks: list[Track] = []
    if wish.question and (wish.question.extreme or wish.question.labels) and state.get("last"):
        told, tracks = _compared(wish.question, shown_tracks(state, parts))
        return {"facts": told, "about": tracks, "receipts": receipts}
    for number, track_id in _asked_about(state, wish, parts):
        if track_id not in parts.catalog:
            tracks.append(shown_track(state, parts, number))
            facts.append("That track is no longer in the catalog.")
            continue
        called, failed = await attempt(
            "Looking the track up",
            parts.budgets.look_up,
            call(parts.tools["look_up"], {"id": track_id}, f"{state['id']}-look-up-{number}"),
            None,
            "the question stays open",
        )
        receipts += failed
        if called is not None:
            messages += called.messages
            tracks.append(called.result)
            asked = wish.question.asked if wish.question else "about"
            facts += about(called.result, asked, _reason(state, track_id))
    return {"facts": facts, "about": tracks, "messages": messages, "receipts": receipts}


def _compared(question: Question, shown: Sequence[Track]) -> tuple[list[str], list[Track]]:
    """Return what is to be said of the tracks in sight taken together, and which of them that is about."""
    pointed = [shown[ref - 1] for ref in question.refs if ref <= len(shown)]
    if question.extreme:
        return extreme(pointed if len(pointed) > 1 else shown, question.asked, question.extreme)
    return labelled(pointed or shown, question.labels)


def _asked_about(state: State, wish: Wish, parts: Parts) -> list[tuple[int, str]]:
    """Return (number, id) of the tracks that the question is about: those pointed at, named, or shown first."""
    last = state.get("last") or []
    refs = (wish.question.refs if wish.question else ()) or wish.refs
    if refs:
        return [(ref, last[ref - 1]) for ref in refs if 1 <= ref <= len(last)][:3]
    for mention in wish.mentions:
        if mention.kind == "title" and mention.positions:
            shown = [
                number for number, track_id in enumerate(last, 1) if _position(parts, track_id) in mention.positions
            ]
            if shown:
                return [(shown[0], last[shown[0] - 1])]
            return [(0, parts.catalog.ids[mention.positions[0]])]
    for mention in wish.mentions:
        if mention.kind == "artist" and mention.positions:
            seen = [
                number for number, track_id in enumerate(last, 1) if _position(parts, track_id) in mention.positions
            ]
            return [(seen[0], last[seen[0] - 1])] if seen else [(0, parts.catalog.ids[mention.positions[0]])]
    return [(1, last[0])] if last else []


def _position(parts: Parts, track_id: str) -> int | None:
    return parts.catalog.positions.get(track_id)


def _reason(state: State, track_id: str) -> str | None:
    """Return why a track of the last answer was there, as it was said then."""
    said = (state.get("offered") or {}).get(track_id)
    return said["reason"] if said else None
