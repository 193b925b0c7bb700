"""What each expectation means: functions from a turn to checks.

What is judged is what the listener gets: tracks are looked up in the catalog by id, words are those that can be read.
Expectations about tracks fail where there are none, for an agent that plays nothing must not pass as obedient.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from segue.agent.turn import Turn
from segue.evals.suites.facts import contains_words, fields, has, meets, spelt, traits
from segue.evals.suites.loader import Step
from segue.evals.suites.obedience import broken, constraints
from segue.evals.suites.records import Check
from segue.evals.suites.schema import Expect
from segue.evals.suites.taste import taste_checks
from segue.evals.suites.truth import Tracks
from segue.generator.names import fold
from segue.generator.track import Track
from segue.memory.profile import Taste

NOT_FOUND: Final = 10**9
"""The rank of a right track that an answer does not have."""


@dataclass
class Seen:
    """What was shown before, by work: versions of one song repeat each other."""

    thread: set[str] = field(default_factory=set)
    user: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Situation:
    """Everything that may be judged after a turn."""

    turn: Turn
    shown: tuple[Track, ...]
    """The answer's tracks that the catalog has, as it has them."""
    seconds: float
    seen: Seen
    ranks: tuple[int, ...] = ()
    """For each track that is right, its rank in the answer, from 1; `NOT_FOUND` where it is not there."""
    taste: Taste | None = None
    """What is remembered; loaded only where a check needs it."""


Found = Iterator[tuple[str, str]]
"""Names of checks with what is wrong; nothing wrong is empty."""


def always(situation: Situation, catalog: Tracks) -> list[Check]:
    """Return what must hold after every turn of any agent."""
    tracks = situation.turn.tracks
    unreal = [
        f"{track.title} - {track.artist} ({track.id})"
        for track in tracks
        if track.id not in catalog
        or fold(track.title) != fold(catalog[track.id].title)
        or fold(track.artist) != fold(catalog[track.id].artist)
    ]
    works = [track.work_id for track in situation.shown]
    twice = sorted({track.title for track in situation.shown if works.count(track.work_id) > 1})
    numbers = [track.number for track in tracks]
    silent = not situation.turn.text.strip() and not tracks
    return [
        _check("says something", "the answer is empty" if silent else ""),
        _check("real tracks", _listed("not in the catalog as shown", unreal)),
        _check("each track once", _listed("more than once in one answer", twice)),
        _check("numbered", "" if numbers == list(range(1, len(tracks) + 1)) else f"numbers are {numbers}"),
    ]


def judge(step: Step, situation: Situation) -> list[Check]:
    """Return the checks of everything that a turn expects, with their lines."""
    found: list[Check] = []
    for name in Expect.model_fields:
        if name in step.lines and name in _JUDGES:
            for check, wrong in _JUDGES[name](step.expect, situation):
                found.append(_check(check, wrong, step.lines[name]))
    return found


def readable(turn: Turn) -> str:
    """Return all that the listener reads: the answer and the receipts."""
    return "\n".join([turn.text, *(receipt.text for receipt in turn.receipts)])


def _check(name: str, wrong: str, line: int = 0) -> Check:
    return Check(name=name, passed=not wrong, detail=wrong, line=line)


def _listed(what: str, names: list[str]) -> str:
    return f"{what}: {'; '.join(names[:5])}" + (" ..." if len(names) > 5 else "") if names else ""


def _named(track: Track) -> str:
    return f"{track.title} - {track.artist}"


def _act(expect: Expect, situation: Situation) -> Found:
    heard = situation.turn.wish.act
    yield "act", "" if heard in expect.act else f"heard {heard!r}, not {' or '.join(expect.act)}"


def _command(expect: Expect, situation: Situation) -> Found:
    command = situation.turn.wish.command
    heard = command.name if command else None
    yield "command", "" if heard == expect.command else f"heard {heard!r}, not {expect.command!r}"


def _refs(expect: Expect, situation: Situation) -> Found:
    wish = situation.turn.wish
    heard = set(wish.refs) | set(wish.question.refs if wish.question else ())
    yield "refs", "" if heard == set(expect.refs) else f"heard {sorted(heard)}, not {sorted(expect.refs)}"


def _tracks(expect: Expect, situation: Situation) -> Found:
    assert expect.tracks is not None
    got, least, most = len(situation.turn.tracks), expect.tracks.min, expect.tracks.max
    asked = f"{least}" if least == most else f"{least} to {most}"
    yield "tracks", "" if least <= got <= most else f"{got} tracks, not {asked}"


def _contains(expect: Expect, situation: Situation) -> Found:
    assert expect.contains is not None
    for trait in traits(expect.contains):
        there = any(has(track, trait) for track in situation.shown)
        yield f"contains {trait[0]}", "" if there else f"no track has {spelt(trait)} among {_titles(situation)}"


def _only(expect: Expect, situation: Situation) -> Found:
    assert expect.only is not None
    for name, values in fields(expect.only).items():
        others = [_told(track, name) for track in situation.shown if not any(has(track, trait) for trait in values)]
        wanted = " or ".join(str(value) for _, value in values)
        wrong = _listed(f"not {wanted}", others) if situation.shown else "there are no tracks"
        yield f"only {name}", wrong


def _mostly(expect: Expect, situation: Situation) -> Found:
    wanted = expect.mostly
    assert wanted is not None
    met = sum(meets(track, wanted) for track in situation.shown)
    share = met / len(situation.shown) if situation.shown else 0.0
    text = f"{met} of {len(situation.shown)} tracks meet it, fewer than {wanted.share:.0%}: {_titles(situation)}"
    yield f"mostly {' and '.join(fields(wanted))}", "" if share >= wanted.share else text


def _excludes(expect: Expect, situation: Situation) -> Found:
    assert expect.excludes is not None
    silent = "there are no tracks" if not situation.shown and not _none_allowed(expect) else ""
    for name, values in fields(expect.excludes).items():
        bad = [_told(track, name) for track in situation.shown if any(has(track, trait) for trait in values)]
        yield f"excludes {name}", silent or _listed(f"has {', '.join(str(value) for _, value in values)}", bad)


def _none_allowed(expect: Expect) -> bool:
    return expect.tracks is not None and expect.tracks.min == 0


def _obeys(expect: Expect, situation: Situation) -> Found:
    wish = situation.turn.wish
    if not constraints(wish.filters) and wish.count is None:
        yield "obeys", "no constraint was heard"
        return
    unmet = any(receipt.kind in ("unmet", "missing") for receipt in situation.turn.receipts)
    if wish.count is not None and len(situation.turn.tracks) != wish.count and not unmet:
        yield "obeys count", f"{len(situation.turn.tracks)} tracks instead of {wish.count}, and no word of it"
    bad = [f"{_named(track)}: {what}" for track in situation.shown for what in broken(wish.filters, track)]
    yield "obeys", _listed("breaks what was heard", bad) if situation.shown else "there are no tracks"


def _repeats_nothing(expect: Expect, situation: Situation) -> Found:
    before = situation.seen.thread if expect.repeats_nothing == "thread" else situation.seen.user
    again = [_named(track) for track in situation.shown if track.work_id in before]
    silent = "there are no tracks" if not situation.shown and not _none_allowed(expect) else ""
    yield "repeats nothing", silent or _listed("shown before", again)


def _repeats(expect: Expect, situation: Situation) -> Found:
    for title in expect.repeats:
        there = any(has(track, ("titles", title)) for track in situation.shown)
        yield "repeats", "" if there else f"{title!r} is not among {_titles(situation)}"


def _in_text(words: str, text: str) -> bool:
    if len(words) > 2 and words.startswith("/") and words.endswith("/"):
        return re.search(words[1:-1], text, re.IGNORECASE) is not None
    return contains_words(text, words)


def _says(expect: Expect, situation: Situation) -> Found:
    text = readable(situation.turn)
    for words in expect.says:
        yield "says", "" if _in_text(words, text) else f"{words!r} is not in {text!r}"


def _says_any(expect: Expect, situation: Situation) -> Found:
    text = readable(situation.turn)
    there = any(_in_text(words, text) for words in expect.says_any)
    yield "says any", "" if there else f"none of {', '.join(expect.says_any)} is in {text!r}"


def _says_not(expect: Expect, situation: Situation) -> Found:
    text = readable(situation.turn)
    for words in expect.says_not:
        yield "says not", f"{words!r} is in {text!r}" if _in_text(words, text) else ""


def _cannot(expect: Expect, situation: Situation) -> Found:
    told = [receipt.text for receipt in situation.turn.receipts if receipt.kind in ("unmet", "missing")]
    for words in expect.cannot:
        there = bool(told) if words is True else any(_in_text(words, text) for text in told)
        what = "anything" if words is True else repr(words)
        yield "says that it cannot", "" if there else f"no receipt says that it cannot do {what}: {told}"


def _asks(expect: Expect, situation: Situation) -> Found:
    asked = situation.turn.wish.clarify is not None and "?" in situation.turn.text
    wrong = f"{'did not ask' if expect.asks else 'asked'} back: {situation.turn.text!r}"
    yield "asks", "" if asked == expect.asks else wrong


def _taste(expect: Expect, situation: Situation) -> Found:
    assert expect.taste is not None
    assert situation.taste is not None
    yield from taste_checks(expect.taste, situation.taste)


def _rank(expect: Expect, situation: Situation) -> Found:
    assert expect.rank is not None
    if expect.rank.within is None:
        return
    best = min(situation.ranks, default=NOT_FOUND)
    where = "not among the tracks" if best == NOT_FOUND else f"at rank {best}"
    wanted = " / ".join(expect.rank.tracks)
    wrong = f"{wanted} is {where}, not within {expect.rank.within}: {_titles(situation)}"
    yield "rank", "" if best <= expect.rank.within else wrong


def _latency(expect: Expect, situation: Situation) -> Found:
    assert expect.latency is not None
    wrong = f"took {situation.seconds:.2f} s, more than {expect.latency:g}"
    yield "latency", "" if situation.seconds <= expect.latency else wrong


def _degraded(expect: Expect, situation: Situation) -> Found:
    yield "not degraded", "; ".join(situation.turn.degraded)


def _titles(situation: Situation) -> str:
    return "; ".join(map(_named, situation.shown)) or "no tracks"


def _told(track: Track, name: str) -> str:
    """Return a track with its values of the field that is at fault."""
    values: Any = {
        "years": track.year, "languages": track.language, "vocals": track.vocals, "versions": track.version,
        "albums": track.album, "artists": None, "titles": None, "ids": track.id,
    }.get(name, getattr(track, name, None))  # fmt: skip
    shown = ", ".join(values) if isinstance(values, tuple) else values
    return _named(track) + (f" ({shown})" if shown else "")


_JUDGES: Final[Mapping[str, Callable[[Expect, Situation], Found]]] = {
    "act": _act, "command": _command, "refs": _refs, "tracks": _tracks, "contains": _contains, "only": _only,
    "mostly": _mostly, "excludes": _excludes, "obeys": _obeys, "repeats_nothing": _repeats_nothing,
    "repeats": _repeats, "says": _says, "says_any": _says_any, "says_not": _says_not, "cannot": _cannot, "asks": _asks,
    "taste": _taste, "rank": _rank, "latency": _latency, "degraded": _degraded,
}  # fmt: skip
