"""What a query says beyond its words: the years, unwanted versions and the artist that it certainly asks for.

Only what leaves no doubt becomes a filter; what might be meant as one ("80s style") stays among the words that are
searched for, and is declared. Understanding a whole wish is the agent's business. Knows one query and the mentions in
it.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict

from segue.tools.search.entities import Mention
from segue.tools.search.filters import Filters
from segue.tools.search.terms import decade
from segue.tools.search.words import Word, words

_RANGE: Final = re.compile(r"\b((?:19|20)\d\d)\s*(?:-|–|—|\bto\b|\buntil\b|\band\b)\s*((?:19|20)\d\d)\b")
_YEAR: Final = re.compile(r"\b(?:in|from|of|year)\s+((?:19|20)\d\d)\b(?!\s*(?:-|–|to)\s*\d)", re.IGNORECASE)
_VERSIONS: Final = re.compile(
    r"\b(?:not|no|non|without|except|excluding|exclude|minus)[\s-]+(?:any\s+|the\s+)?"
    r"(?P<label>live|karaoke|remix(?:es|ed)?|covers?|demos?)\b(?:\s+(?:versions?|recordings?|tracks?|songs?|performances?))?",
    re.IGNORECASE,
)
_UNWANTED: Final = re.compile(
    r"\b(?:nothing|not|no|never|without|avoid|except|excluding|anything but)\s+"
    r"(?:(?:too|so|very|overly|any|anything|the|more)\s+)*[^\W\d_][\w'’-]*"
    r"(?:\s+(?:music|songs?|tracks?|stuff|vocals?|singing|ballads?)\b)?",
    re.IGNORECASE,
)
_LABELS: Final = {"remixes": "remix", "remixed": "remix", "covers": "cover", "demos": "demo"}
_PART: Final = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}
_COMPARING: Final = frozenset(
    {"like", "similar", "style", "inspired", "influenced", "reminiscent", "sounding", "sound", "sounds"}
)
_REFUSING: Final = frozenset({"not", "no", "without", "except", "nothing", "never", "excluding", "avoid"})
_OTHER_BY: Final = frozenset(
    {"written", "produced", "covered", "composed", "inspired", "influenced", "made", "sampled"}
)


class Understood(BaseModel):
    """A query taken apart."""

    model_config = ConfigDict(frozen=True)

    text: str
    """The words that are left to search for; the whole query where nothing would be left."""
    filters: Filters = Filters()
    applied: tuple[str, ...] = ()
    """Each piece of the query that became a filter, with what it became."""
    not_applied: tuple[str, ...] = ()
    """Each piece that looks like a filter but may mean something else, with the reason."""


def understand(query: str, mentions: Sequence[Mention] = ()) -> Understood:
    """Take `query` apart; what lies within a mention ("1999", "Live Forever") is a name and no filter."""
    reader = _Reader(query, mentions)
    reader.read_versions()
    reader.read_years()
    reader.read_artist()
    reader.read_unwanted()
    return reader.result()


class _Reader:
    def __init__(self, query: str, mentions: Sequence[Mention]) -> None:
        self.query = query
        self.mentions = mentions
        self.words: list[Word] = words(query)
        self.taken: list[tuple[int, int]] = []
        self.filters = Filters()
        self.applied: list[str] = []
        self.not_applied: list[str] = []

    def result(self) -> Understood:
        left = list(self.query)
        for start, end in self.taken:
            left[start:end] = " " * (end - start)
        text = " ".join("".join(left).split())
        if not words(text):
            text = self.query
        return Understood(
            text=text, filters=self.filters, applied=tuple(self.applied), not_applied=tuple(self.not_applied)
        )

    def read_versions(self) -> None:
        for match in _VERSIONS.finditer(self.query):
            if self._named(*match.span()):
                continue
            label = match["label"].lower()
            label = _LABELS.get(label, label)
            self._apply(Filters(without_versions=(label,)), match.span(), f"no {label} versions")

    def read_years(self) -> None:
        ranges = [(match.span(), int(match[1]), int(match[2])) for match in _RANGE.finditer(self.query)]
        ranges += [(match.span(), int(match[1]), int(match[1])) for match in _YEAR.finditer(self.query)]
        for place, word in enumerate(self.words):
            first = decade(word.key)
            if first is None:
                continue
            start, last = word.start, first + 9
            before = self._key(place - 1)
            if before in _PART:
                first, last = first + _PART[before][0], first + _PART[before][1]
                start = self.words[place - 1].start
            ranges.append(((start, word.end), first, last))
        ranges = sorted(item for item in ranges if not self._named(*item[0]))
        if not ranges:
            return
        said = " ".join(self.query[start:end] for (start, end), _, _ in ranges)
        if any(first > last for _, first, last in ranges):
            self.not_applied.append(f"{said}: the years are the wrong way round")
        elif doubt := next((word for span, _, _ in ranges for word in self._around(span) if word in _COMPARING), None):
            self.not_applied.append(f"{said}: next to {doubt!r} it may describe a sound rather than a date")
        elif any(word in _REFUSING for span, _, _ in ranges for word in self._around(span, after=0)):
            self.not_applied.append(f"{said}: years can be asked for but not excluded")
        elif any(not before[1] <= after[1] <= before[2] + 1 for before, after in pairwise(ranges)):
            self.not_applied.append(f"{said}: years that do not follow one another")
        else:
            first, last = min(item[1] for item in ranges), max(item[2] for item in ranges)
            for span, _, _ in ranges:
                self.taken.append(span)
            self._apply(Filters(year_from=first, year_to=last), None, f"released {first} to {last}", said)

    def read_artist(self) -> None:
        acts = [mention for mention in self.mentions if mention.kind == "artist"]
        if len(acts) != 1 or not acts[0].exact:
            return
        place = next((place for place, word in enumerate(self.words) if word.start >= acts[0].start), 0)
        before = self._key(place - 1)
        if before == "the":
            place, before = place - 1, self._key(place - 2)
        if before != "by":
            return
        earlier = {word.key for word in self.words[: place - 1]}
        said = f"by {acts[0].text}"
        if doubt := sorted(earlier & (_COMPARING | _OTHER_BY)):
            self.not_applied.append(f"{said}: after {doubt[0]!r} it may name what to compare with")
        elif not earlier & _REFUSING:
            self._apply(Filters(artists=(acts[0].name,)), None, f"artist {acts[0].name}", said)

    def read_unwanted(self) -> None:
        """Keep what is not wanted out of the words: a ranking by likeness would look for just that."""
        for match in _UNWANTED.finditer(self.query):
            start, end = match.span()
            if self._named(start, end) or any(start < last and first < end for first, last in self.taken):
                continue
            self.taken.append((start, end))
            self.not_applied.append(f"{match[0]}: not searched for, but nothing is left out for it; use --without")

    def _apply(self, filters: Filters, span: tuple[int, int] | None, what: str, said: str | None = None) -> None:
        self.filters = self.filters.merge(filters)
        if span is not None:
            self.taken.append(span)
            said = self.query[span[0] : span[1]]
        self.applied.append(f"{said}: {what}")

    def _named(self, start: int, end: int) -> bool:
        return any(start < mention.end and mention.start < end for mention in self.mentions)

    def _key(self, place: int) -> str:
        return self.words[place].key if 0 <= place < len(self.words) else ""

    def _around(self, span: tuple[int, int], *, before: int = 2, after: int = 1) -> list[str]:
        places = [place for place, word in enumerate(self.words) if span[0] <= word.start < span[1]]
        if not places:
            return []
        near = [*range(places[0] - before, places[0]), *range(places[-1] + 1, places[-1] + 1 + after)]
        return [self._key(place) for place in near]
