"""Asking: the one short question that an ambiguity is worth, or none. A guess that costs nothing is not asked about."""

import re
from collections.abc import Sequence
from typing import Final

from segue.agent.hear.house import House
from segue.agent.hear.named import Named
from segue.agent.hear.pointing import Pointing
from segue.agent.wish import Act, Command
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track

_IMITATIONS: Final = frozenset({"karaoke", "cover", "instrumental", "remix"})
_MOST: Final = 3
_MARKS: Final = re.compile(r"[<>|“”\"\x00-\x1f]+")
_POINTING_COMMANDS: Final = frozenset({"add", "remove", "play", "save"})


def question_for(
    act: Act,
    named: Named,
    pointing: Pointing,
    persons: tuple[str, ...] | None,
    shown: Sequence[Track],
    command: Command | None,
    house: House,
) -> str | None:
    """Return the question to ask, the most pressing one only."""
    if pointing.beyond and shown and not pointing.numbers and act in ("control", "question", "like", "dislike", "more"):
        total = len(shown)
        had = "only one track" if total == 1 else f"only {total} tracks"
        return f"I showed {had}; which one do you mean?"
    if persons and len(persons) > 1 and not any(mention.kind == "artist" for mention in named.mentions):
        return f"Whom do you mean: {_choice(persons)}?"
    asks_of_it = act == "question" and (pointing.numbers or pointing.deictic)  # "is it about love?" names no song
    if act in ("request", "refine", "control", "more", "question") and not asks_of_it:
        question = _which_song(named, shown, house)
        if question is not None:
            return question
    if (
        act == "control"
        and command is not None
        and command.name in _POINTING_COMMANDS
        and not command.everything
        and pointing.deictic
        and not pointing.numbers
        and not named.mentions
        and len(shown) > 1
    ):
        return _which_one(shown)
    if act in ("like", "dislike") and pointing.single and len(shown) > 1:
        # What is turned down never comes again, and "that one" may be any of them.
        return _which_one(shown)
    return None


def _which_one(shown: Sequence[Track]) -> str:
    return f"Which one: {_choice([track.title for track in shown])}?"


def _which_song(named: Named, shown: Sequence[Track], house: House) -> str | None:
    if any(mention.kind != "title" or mention.polarity != "want" for mention in named.mentions) or named.missing:
        return None
    titles = list(named.mentions)
    if len(titles) != 1 or any(fold(titles[0].name) == fold(split_title(track.title).base) for track in shown):
        return None
    singers: dict[str, tuple[float, str]] = {}
    for position in titles[0].positions:
        track = house.catalog.at(position)
        if track.version in _IMITATIONS:
            continue
        key = artist_key(track.artists[0].name)
        rank = track.popularity or 0.0
        if key not in singers or rank > singers[key][0]:
            singers[key] = (rank, track.artists[0].name)
    if len(singers) < 2:
        return None
    ordered = [spelt for _, spelt in sorted(singers.values(), key=lambda item: -item[0])]
    return f"Which “{_plain(titles[0].name)}” do you mean: {_choice(ordered)}?"


def _choice(options: Sequence[str]) -> str:
    shown = [_plain(option) for option in options[:_MOST]]
    if len(options) > _MOST:
        return f"{', '.join(shown)} or another"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]


def _plain(name: str) -> str:
    return " ".join(_MARKS.sub(" ", name).split())[:80]
