"""Resolving: words that are taken for a name become a name of the catalog, or are missing, with the nearest offered.

Knows names; who took the words for one, a tagger or a chat model, makes no difference.
"""

from segue.agent.hear.constraints import plain_value
from segue.agent.hear.house import House
from segue.agent.hear.model import Stretch
from segue.agent.hear.named import PLURAL, SINGULAR, Named
from segue.agent.hear.reading import Reading
from segue.agent.hear.vocabulary import facets_of
from segue.agent.wish import HeardMention, Polarity
from segue.tools.search.words import keys, zipf


def resolve(
    stretch: Stretch, text: str, house: House, named: Named, reading: Reading, first: int, stop: int
) -> tuple[str, str]:
    """Return the kind and value of a name that the linker passed over; names that the catalog lacks are noted."""
    listed = facets_of(text) | facets_of(plain_value(text))
    kind = PLURAL[stretch.kind]
    for other in (kind, *(k for k in SINGULAR if k != kind)):
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
            return SINGULAR[other], spelt
    if not listed and stretch.score >= 0.6 and not all(zipf(key) > 6.3 for key in keys(text)):
        if text not in named.missing:
            named.missing.append(text)
        near = house.nearest(kind, text)
        if near is not None:
            named.nearest[text] = near
    return stretch.kind, text


def name_by_text(named: Named, polarity: Polarity, kind: str, value: str, text: str, house: House) -> None:
    """Note a value that somebody else found in a message; names are linked to the catalog, or missing."""
    value = " ".join(value.split())
    if kind not in PLURAL:
        named.add(polarity, kind, value)
        return
    found = house.linker.link(value, bare=True)
    whole = [mention for mention in found if len(mention.text) >= 0.8 * len(value)]
    kinds = (PLURAL[kind], *(other for other in SINGULAR if other != PLURAL[kind]))
    exact = next(((other, places) for other in kinds if (places := house.positions(other, value))), None)
    start = max(0, text.lower().find(value.lower()))
    if exact is not None:
        number = house.linker.names.find(exact[0], value)
        assert number is not None
        spelt, meant, score, places = house.linker.names.names[number].text, exact[0], 1.0, exact[1]
    elif whole:
        spelt, meant, score, places = whole[0].name, whole[0].kind, whole[0].score, whole[0].positions
    else:
        if value not in named.missing:
            named.missing.append(value)
        near = house.nearest(PLURAL[kind], value)
        if near is not None:
            named.nearest[value] = near
        named.add(polarity, kind, value)
        return
    named.mentions.append(
        HeardMention(
            kind=meant, name=spelt, score=score, positions=places, exact=exact is not None,
            start=start, end=start + len(value), text=value, polarity=polarity,
        )
    )  # fmt: skip
    named.add(polarity, SINGULAR[meant], spelt)
