"""Naming: the tagger's stretches and the linker's names become facets in the catalog's spelling, each with its polarity.

Where both speak of the same words the linker says what is named and the tagger what is wanted with it. A name that the
tagger hears and the catalog lacks is missing; the name spelt most like it is offered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from segue.agent.hear.constraints import plain_value
from segue.agent.hear.house import House
from segue.agent.hear.model import Sense, Stretch
from segue.agent.hear.network import POLARITIES
from segue.agent.hear.reading import Reading
from segue.agent.hear.vocabulary import facets_of
from segue.agent.wish import FACET_KINDS, Facets, HeardMention, Polarity
from segue.generator.names import fold
from segue.tools.search.entities import Mention
from segue.tools.search.name_table import Kind
from segue.tools.search.words import keys, zipf

_PLURAL: Final[dict[str, Kind]] = {"artists": "artist", "titles": "title", "albums": "album"}
_SINGULAR: Final[dict[Kind, str]] = {kind: plural for plural, kind in _PLURAL.items()}
SURE: Final = 0.5
"""Mean probability of the tagger that a linked name's words belong to a facet, from which on the name counts."""
OBVIOUS: Final = 0.985
"""Probability of the linker from which on a name counts though the tagger passes over it."""


@dataclass
class Named:
    """What a message names."""

    want: dict[str, list[str]] = field(default_factory=dict)
    avoid: dict[str, list[str]] = field(default_factory=dict)
    like: list[str] = field(default_factory=list)
    mentions: list[HeardMention] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    nearest: dict[str, str] = field(default_factory=dict)

    def add(self, polarity: Polarity, kind: str, value: str) -> None:
        """Note a value, once."""
        values = self.like if polarity == "like" and kind in _PLURAL else (
            self.avoid if polarity == "avoid" else self.want
        ).setdefault(kind, [])  # fmt: skip
        if fold(value) not in map(fold, values):
            values.append(value)

    def facets(self, polarity: Polarity) -> Facets:
        """Return the wanted or avoided facets."""
        side = self.avoid if polarity == "avoid" else self.want
        return Facets(**{kind: tuple(values) for kind, values in side.items()})


def name(reading: Reading, sense: Sense, house: House, skip: frozenset[str] = frozenset()) -> Named:
    """Join what the linker and the tagger found in one message."""
    named = Named()
    taken: list[tuple[int, int]] = []
    items: list[tuple[int, Polarity, str, str]] = []
    for mention in reading.mentions:
        span = _span(reading, mention)
        if span is None:
            polarity: Polarity = "want"
        else:
            if not _counts(mention, span, sense):
                continue
            polarity = POLARITIES[int(sense.polarities[span[0] : span[1]].mean(axis=0).argmax())]  # type: ignore[assignment]
            taken.append(span)
        items.append((mention.start, polarity, _SINGULAR[mention.kind], mention.name))
        named.mentions.append(HeardMention(**dict(mention), polarity=polarity))
    for stretch in sense.stretches:
        for first, stop in _rest(stretch, taken):
            text = _text(reading, first, stop)
            if not text:
                continue
            kind, value = _resolve(stretch, text, house, named, reading, first, stop)
            items.append((reading.words[first].start, stretch.polarity, kind, value))
    for _, polarity, kind, value in sorted(items, key=lambda item: item[0]):
        named.add(polarity, kind, value)
    return named


def _counts(mention: Mention, span: tuple[int, int], sense: Sense) -> bool:
    inside = float(sense.inside[span[0] : span[1]].mean())
    as_name = float(sense.kinds[span[0] : span[1]].mean(axis=0)[[FACET_KINDS.index(kind) for kind in _PLURAL]].sum())
    return mention.score >= OBVIOUS or (inside >= SURE and as_name >= 0.5)


def _span(reading: Reading, mention: Mention) -> tuple[int, int] | None:
    inside = [place for place, word in enumerate(reading.words) if mention.start <= word.start < mention.end]
    return (inside[0], inside[-1] + 1) if inside else None


def _rest(stretch: Stretch, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretch if no linked name touches it; a name's leftovers are no facet, save for other kinds' words."""
    touching = [span for span in taken if span[0] < stretch.stop and stretch.first < span[1]]
    if not touching:
        return [(stretch.first, stretch.stop)]
    if stretch.kind in _PLURAL:
        return []
    free = [
        place
        for place in range(stretch.first, stretch.stop)
        if not any(first <= place < stop for first, stop in touching)
    ]
    return [(free[0], free[-1] + 1)] if free and free == list(range(free[0], free[-1] + 1)) else []


def _text(reading: Reading, first: int, stop: int) -> str:
    return reading.text[reading.words[first].start : reading.words[stop - 1].end]


def _resolve(
    stretch: Stretch, text: str, house: House, named: Named, reading: Reading, first: int, stop: int
) -> tuple[str, str]:
    """Return the kind and value of a stretch that no linked name covers; names that the catalog lacks are noted."""
    listed = facets_of(text) | facets_of(plain_value(text))
    if stretch.kind not in _PLURAL:
        return stretch.kind, text
    kind = _PLURAL[stretch.kind]
    for other in (kind, *(k for k in _SINGULAR if k != kind)):
        positions = house.positions(other, text)
        if positions:
            word = reading.words[first], reading.words[stop - 1]
            number = house.linker.names.find(other, text)
            assert number is not None
            spelt = house.linker.names.names[number].text
            named.mentions.append(
                HeardMention(
                    kind=other, name=spelt, score=stretch.score, positions=positions, exact=True,
                    start=word[0].start, end=word[1].end, text=text, polarity=stretch.polarity,
                )
            )  # fmt: skip
            return _SINGULAR[other], spelt
    if not listed and stretch.score >= 0.6 and not all(zipf(key) > 6.3 for key in keys(text)):
        if text not in named.missing:
            named.missing.append(text)
        near = house.nearest(kind, text)
        if near is not None:
            named.nearest[text] = near
    return stretch.kind, text
