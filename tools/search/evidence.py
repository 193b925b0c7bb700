"""Evidence: how likely it is that a candidate stretch of a message is meant as the name that it spells.

Two logistic regressions, one for artists and one for works (titles and albums), over features of the name (how common
its words are, how many tracks bear it, how it is written), of the place (casing, quotation marks, words and separators
beside it) and of the company (a longer candidate around it, another candidate that shares a track). The weights are
fitted by `scripts/fit_entity_weights.py` on open data and stored beside this module. Knows candidates, never what
tracks hold.
"""

import json
import re
from functools import cache, cached_property
from importlib.resources import files
from math import exp, log
from typing import Final

from segue.tools.search.candidates import Candidate
from segue.tools.search.name_forms import Name
from segue.tools.search.name_index import NameIndex
from segue.tools.search.words import UNCOMMON, Word, keys, zipf

_LIKE: Final = frozenset({"like", "likes", "liked", "likened", "resembling", "reminiscent", "alike", "esque"})
_BY: Final = frozenset({"by", "from", "feat", "featuring", "ft", "with", "of"})
_TO: Final = frozenset(
    {"similar", "listening", "listen", "listened", "close", "comparable", "akin", "related", "equivalent"}
)
_WORK: Final = frozenset(
    {
        "song",
        "songs",
        "track",
        "tracks",
        "album",
        "albums",
        "called",
        "titled",
        "named",
        "single",
        "ep",
        "tune",
        "record",
    }
)
_ACT: Final = frozenset(
    {"artist", "artists", "band", "bands", "singer", "singers", "rapper", "group", "musician", "musicians"}
)
_STYLE: Final = frozenset(
    {"style", "music", "type", "kind", "vibe", "vibes", "stuff", "ish", "inspired", "discography"}
)
_FOND: Final = frozenset({"love", "loved", "enjoy", "enjoyed", "heard", "adore", "into", "dig", "miss", "hate", "fan"})
_PLAY: Final = frozenset({"play", "more", "some", "any", "anything", "add", "put", "queue", "give", "want"})
_JOIN: Final = frozenset({"and", "or", "vs", "x", "plus", "meets"})
_SMALL: Final = frozenset(
    {"the", "a", "an", "of", "and", "in", "to", "on", "for", "at", "by", "with", "de", "la", "or", "is"}
)
_QUOTES: Final = "\"“”„«»‘’'`*_"
_SEPARATORS: Final = ",;/|:-–—([~\n•"
_CLOSERS: Final = ",;/|:-–—)].?!~\n•"
_SENTENCE_END: Final = re.compile(r"[.!?\n:\]\)]\s*[\"“'‘(\[]?\s*$")

_INTRODUCE: Final = _JOIN | _LIKE | _BY | _FOND | {"to"}

Features = dict[str, float]


@cache
def genres() -> frozenset[str]:
    """Return the names of genres, folded and without spaces: as a rule, who says "hip hop" means no title."""
    text = files("segue.tools.search").joinpath("genres.txt").read_text("utf-8")
    return frozenset("".join(keys(line)) for line in text.splitlines())


class Reading:
    """A message cut into words, with what its casing and punctuation say."""

    def __init__(self, text: str, message: list[Word]) -> None:
        self.text = text
        self.words = message
        self.capital = [text[word.start : word.start + 1].isupper() for word in message]
        self.sentence_start = [
            place == 0 or _SENTENCE_END.search(text[message[place - 1].end : word.start]) is not None
            for place, word in enumerate(message)
        ]
        self.gaps = [
            text[
                (message[place - 1].end if place else 0) : (message[place].start if place < len(message) else len(text))
            ]
            for place in range(len(message) + 1)
        ]

    @cached_property
    def capital_share(self) -> float:
        """Share of capitals among the words that would be lower case in plain prose: 0 all lower, 1 a headline."""
        plain = [
            capital
            for word, capital, start in zip(self.words, self.capital, self.sentence_start, strict=True)
            if not start and word.key != "i" and zipf(word.key) >= 4.8 and word.key not in _SMALL
        ]
        return sum(plain) / len(plain) if plain else 0.0

    @cached_property
    def has_capitals(self) -> bool:
        """Whether the writer uses capitals inside sentences at all ("i"'s apart)."""
        return any(
            capital and not start and word.key != "i"
            for word, capital, start in zip(self.words, self.capital, self.sentence_start, strict=True)
        )

    def key(self, place: int) -> str:
        """Return the folded word at `place`, or "" outside the message."""
        return self.words[place].key if 0 <= place < len(self.words) else ""


def features(reading: Reading, found: Candidate, name: Name, prominence: float) -> Features:
    """Return the features of one candidate that do not depend on the other candidates."""
    stretch = reading.words[found.first : found.stop]
    common = [zipf(word.key) for word in stretch]
    if found.owner:
        common[-1] = zipf(stretch[-1].key[:-1])
    letters = sum(len(word.key) for word in stretch)
    before, before2 = reading.key(found.first - 1), reading.key(found.first - 2)
    if before in ("the", "a") and before2:
        before, before2 = before2, reading.key(found.first - 3)
    after = reading.key(found.stop)
    gap_before, gap_after = reading.gaps[found.first], reading.gaps[found.stop]
    left, right = gap_before.rstrip(" "), gap_after.lstrip(" ")
    opened, closed = left[-1:] in _QUOTES and bool(left), right[:1] in _QUOTES and bool(right)
    big = [
        reading.capital[place] or reading.text[word.start].isdigit()
        for place, word in enumerate(stretch, found.first)
        if word.key not in _SMALL or len(stretch) == 1
    ]
    all_big = bool(big) and all(big)
    telling = all_big and reading.capital_share < 0.5 and not (reading.sentence_start[found.first] and sum(big) == 1)
    neighbour_big = (
        (found.first > 0 and gap_before == " " and reading.capital[found.first - 1]
         and not reading.sentence_start[found.first - 1] and before != "i")
        or (found.stop < len(reading.words) and gap_after == " " and reading.capital[found.stop] and after != "i")
    )  # fmt: skip
    introduced = before in _LIKE | _BY or (before == "to" and before2 in _TO)
    information = sum(max(0.0, 7.0 - value) for value in common)
    values: Features = {
        "one word": len(stretch) == 1,
        "three words": len(stretch) >= 3,
        "information": min(information, 14.0) / 4,
        "rarest word": 5 - min(common),
        "unknown word": min(common) <= UNCOMMON,
        "one common word": len(stretch) == 1 and common[0] >= 4.3,
        "one very common word": len(stretch) == 1 and common[0] >= 5.2,
        "all very common": min(common) >= 5.0,
        "letters": log(max(letters, 1)) - 2,
        "prominence": prominence,
        "prominence, common": prominence * (min(common) >= 4.3),
        "introduced, uncommon": introduced and min(common) < 3.7,
        "introduced, capitals tell": introduced and telling,
        "bare": found.form == "bare",
        "bare, common": found.form == "bare" and min(common) >= 4.0,
        "with article": name.kind == "artist" and stretch[0].key == "the" and len(stretch) > 1,
        "joined": found.form == "joined",
        "initials": found.form == "initials",
        "lead": found.form == "lead",
        "part": found.form == "part",
        "owner": found.owner and "'" in reading.text[stretch[-1].start : stretch[-1].end].replace("’", "'"),
        "bare plural": found.owner and "'" not in reading.text[stretch[-1].start : stretch[-1].end].replace("’", "'"),
        "edits": found.edits,
        "edits per letter": 10 * found.edits / max(letters, 1),
        "edited one word": found.edits > 0 and len(stretch) == 1,
        "quoted": opened and closed,
        "half quoted": opened != closed,
        "capitals tell": telling,
        "capitals tell, common": telling and min(common) >= 4.3,
        "capitals": all_big and not telling,
        "small among capitals": not any(big) and reading.has_capitals and bool(big),
        "small, no capitals": not any(big) and not reading.has_capitals,
        "neighbour capital": neighbour_big and not (opened and closed),
        "before: like": before in _LIKE,
        "before: by": before in _BY,
        "before: to": before == "to" and before2 in _TO,
        "before: work": before in _WORK,
        "before: act": before in _ACT,
        "before: fond": before in _FOND,
        "before: join": before in _JOIN,
        "before: separator": left[-1:] in _SEPARATORS and bool(left),
        "before: start": found.first == 0,
        "after: by": after == "by",
        "after: work": after in _WORK,
        "after: style": after in _STYLE,
        "after: join": after in _JOIN,
        "after: separator": right[:1] in _CLOSERS and bool(right),
        "after: end": found.stop == len(reading.words),
        "whole": found.first == 0 and found.stop == len(reading.words),
        "after: plain word": gap_after == " " and zipf(after) >= 4.5 and after not in _JOIN,
        "before: plain word": gap_before == " " and zipf(before) >= 4.5 and before not in _INTRODUCE,
        "album": name.kind == "album",
        "genre": "".join(word.key for word in stretch) in genres(),
        "one word, neighbour capital": len(stretch) == 1 and neighbour_big and not (opened and closed),
        "one word, capital": len(stretch) == 1 and all_big,
        "whole, uncommon": found.first == 0 and found.stop == len(reading.words) and min(common) < 3.5,
        "before: play": before in _PLAY,
    }  # fmt: skip
    return {key: float(value) for key, value in values.items() if value}


def add_company(reading: Reading, found: list[Candidate], rows: list[Features], names: NameIndex) -> None:
    """Add to `rows` the features of each candidate that depend on the other candidates of the message."""
    artists_at = {(c.first, c.stop) for c in found if names.names[c.name].kind == "artist" and not c.edits}
    works_at = {(c.first, c.stop) for c in found if names.names[c.name].kind != "artist" and not c.edits}
    certain = [c for c in found if not c.edits and c.form in ("full", "initials", "joined")]
    certain_at = {(c.first, c.stop, names.names[c.name].kind == "artist") for c in certain}
    any_at = {(c.first, c.stop) for c in found}
    exact_same = {(c.first, c.stop, names.names[c.name].kind) for c in found if not c.edits}
    acts: dict[int, list[int]] = {}
    for number, c in enumerate(found):
        if names.names[c.name].kind == "artist" and c.form != "part" and c.edits < 2:
            for position in names.positions(c.name).tolist():
                acts.setdefault(position, []).append(number)
    for c, row in zip(found, rows, strict=True):
        kind = names.names[c.name].kind
        longer = [s for s in any_at if s[0] <= c.first and s[1] >= c.stop and s[1] - s[0] > c.stop - c.first]
        # An article more does not make another name ("the national" around "national").
        longer = [s for s in longer if not (s[0] == c.first - 1 and s[1] == c.stop and reading.key(s[0]) == "the")]
        if any((*s, True) in certain_at for s in longer):
            row["inside a longer artist"] = 1.0
        if any((*s, False) in certain_at for s in longer):
            row["inside a longer work"] = 1.0
        elif longer:
            row["inside a longer misspelling"] = 1.0
        if kind == "artist" and (c.first, c.stop) in works_at:
            row["also a work"] = 1.0
        if kind != "artist" and (c.first, c.stop) in artists_at:
            row["also an artist"] = 1.0
        if c.edits and any(span[:2] == (c.first, c.stop) for span in exact_same):
            row["an exact name is spelt so"] = 1.0
        if kind == "artist":
            continue
        for position in names.positions(c.name).tolist():
            for act in acts.get(position, ()):
                other = found[act]
                if other.stop <= c.first or other.first >= c.stop:
                    _support(reading, c, other, row, rows[act])


def _support(reading: Reading, work: Candidate, act: Candidate, work_row: Features, act_row: Features) -> None:
    between = range(min(work.stop, act.stop), max(work.first, act.first))
    close = len(between) <= 2 and all(reading.key(place) in ("by", "the", "from", "s") for place in between)
    key = "shares a track, beside" if close else "shares a track"
    work_row[key] = act_row[key] = 1.0


class Weights:
    """Turns features into probabilities."""

    def __init__(self, artist: dict[str, float], work: dict[str, float]) -> None:
        self._tables = {"artist": artist, "title": work, "album": work}

    @classmethod
    def shipped(cls) -> "Weights":
        """Return the weights that ship with the package."""
        tables = json.loads(files("segue.tools.search").joinpath("entity_weights.json").read_text("utf-8"))
        return cls(tables["artist"], tables["work"])

    def probability(self, kind: str, row: Features) -> float:
        """Return the probability that a candidate of `kind` with features `row` is meant."""
        table = self._tables[kind]
        total = table["bias"] + sum(table.get(key, 0.0) * value for key, value in row.items())
        return 1 / (1 + exp(-max(-30.0, min(30.0, total))))
