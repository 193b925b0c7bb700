"""What listeners made of answers, as turns to learn the order from.

A log is threads of turns: what was said, what was offered, which tracks were liked and disliked. A like belongs to
the turn that offered the track last. Where a turn says what it offered, the liked tracks compete with the other
offered ones alone: nobody can like what was not shown, and an order that learnt otherwise would learn to repeat
itself. Where it does not say (a log without impressions), they compete with all candidates.

Knows logs and a catalog's positions; no features, no order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_objects
from segue.tools.ranking.situation import PastTurn, Situation


class LoggedTurn(BaseModel):
    """One turn of a log. Tracks are ids of the catalog; those that it does not have are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thread: str = Field(min_length=1)
    """The conversation; its turns stand in the order in which they happened."""
    user: str = ""
    """Who spoke; only used to hold out whole listeners."""
    message: str
    reply: str = ""
    shown: tuple[str, ...] = ()
    """What the answer offered, where that was noted."""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeedbackTurn:
    """A state, the tracks that competed for an answer to it, and those that were liked."""

    user: str
    thread: str
    state: Situation
    offered: tuple[int, ...]
    """Catalog positions; empty where all candidates competed."""
    liked: tuple[int, ...]
    """At least one."""


def read_log(path: Path) -> list[LoggedTurn]:
    """Return the turns of a JSON Lines file, gzipped or not.

    Raises:
        SourceError: the file cannot be read, or a line is no turn.
    """
    turns = []
    for number, row in read_objects(path):
        if row.get("format") == "segue-taste":
            raise SourceError(
                f"{path} is an exported taste: it tells what was liked, not what was asked for and offered; name the "
                "folder of conversations and taste, or a file of turns"
            )
        try:
            turns.append(LoggedTurn.model_validate(row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = " ".join(str(part) for part in first["loc"])
            raise SourceError(f"{path}, line {number}: no turn of a log: {field}: {first['msg']}") from error
    return turns


def feedback_turns(log: Iterable[LoggedTurn], positions: Mapping[str, int]) -> Iterator[FeedbackTurn]:
    """Yield the turns that something can be learnt from: a track was liked that is new, and others competed with it."""
    threads: dict[str, list[LoggedTurn]] = {}
    for turn in log:
        threads.setdefault(turn.thread, []).append(turn)
    for turns in threads.values():
        yield from _of_thread(turns, positions)


def _of_thread(turns: Sequence[LoggedTurn], positions: Mapping[str, int]) -> Iterator[FeedbackTurn]:
    liked, disliked = _credited(turns)
    past: tuple[PastTurn, ...] = ()
    for number, turn in enumerate(turns):
        state = Situation(turn.message, past)
        shown = _known(turn.shown, positions)
        good = tuple(p for p in _known(liked[number], positions) if p not in state.rated)
        bad = _known(disliked[number], positions)
        offered = tuple(dict.fromkeys((*shown, *good, *bad))) if turn.shown else ()
        if good and turn.message.strip() and (not turn.shown or set(offered) - set(good)):
            yield FeedbackTurn(turn.user, turn.thread, state, offered, good)
        said = PastTurn(
            turn.message, turn.reply, _known(turn.liked, positions), _known(turn.disliked, positions), shown
        )
        past = (*past, said)


def _credited(turns: Sequence[LoggedTurn]) -> tuple[list[list[str]], list[list[str]]]:
    """Return, for each turn, the tracks of it that were liked and disliked; the last opinion of a track counts."""
    opinions: dict[str, tuple[int, bool]] = {}
    offered_in: dict[str, int] = {}
    for number, turn in enumerate(turns):
        offered_in.update(dict.fromkeys(turn.shown, number))
        for ids, good in ((turn.liked, True), (turn.disliked, False)):
            for track in ids:
                # Liked though nobody had offered it: the listener's own, which no answer can be praised for.
                place = offered_in.get(track, -1 if turn.shown else number)
                opinions[track] = (place, good)
    liked: list[list[str]] = [[] for _ in turns]
    disliked: list[list[str]] = [[] for _ in turns]
    for track, (place, good) in opinions.items():
        if place >= 0:
            (liked if good else disliked)[place].append(track)
    return liked, disliked


def _known(ids: Iterable[str], positions: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(positions[track] for track in ids if track in positions))
