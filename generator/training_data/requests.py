"""D_qt: natural requests, each with a track that fulfils it (3MToken, section 3.1), rendered by a grammar.

A request names one to four true facets of the track, in short or in long forms, and sometimes an exclusion that the
track respects or a comparison that it wins ("like X but faster"). Deterministic by seed. Knows tracks, facets and
words; the texts of real listeners are not in it.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from segue.generator.modality import Modality
from segue.generator.names import split_title
from segue.generator.track import Track
from segue.generator.training_data import words
from segue.generator.training_data.contrast import comparison, exclusion
from segue.generator.training_data.example import Example, ExampleTurn, ordered
from segue.generator.training_data.facets import Facet, facets
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.noise import typed

_KIND_WEIGHTS: Final = {
    "genre": 3.0, "mood": 1.2, "theme": 1.2, "era": 2.0, "artist": 2.0, "title": 1.2, "tempo": 1.0, "energy": 1.2,
    "vocals": 1.2, "language": 0.5, "instrument": 0.6, "origin": 0.8, "album": 0.3, "credit": 0.3, "guest": 0.5,
    "associated": 0.2, "fact": 0.4, "people": 0.4, "about": 0.3, "artist genre": 0.3, "active": 0.1, "key": 0.15,
    "month": 0.15, "occasion": 1.0, "tag": 1.0, "activity": 1.5, "valence": 0.7, "dance": 0.7, "acoustic": 0.6,
    "live": 0.3,
}  # fmt: skip
"""How readily each kind of facet is named; MusicRecoNER and CPCD: genre, artist and era first."""
_ORDER: Final = ("mood", "energy", "valence", "tempo", "vocals", "people", "origin", "language", "era", "tag", "genre")
"""Adjectives stand in this order before the noun, the rest ahead of them."""


def request_examples(
    index: TrackIndex, count: int, *, seed: int = 0, playlist_names: bool = True, noise: bool = True
) -> Iterator[Example]:
    """Yield `count` examples, the tracks drawn evenly. Raises ValueError for a catalog without tracks."""
    if not index.tracks:
        raise ValueError("a catalog without tracks answers no request")
    random = Random(seed)
    for _ in range(count):
        row = random.randrange(len(index.tracks))
        text, modalities = request(index, row, random, playlist_names=playlist_names)
        text = typed(text, random) if noise else text
        track = index.tracks[row]
        yield Example(
            (ExampleTurn("user", text),), track.id, "request", ordered(modalities), response=response(track, random)
        )


def request(
    index: TrackIndex, row: int, random: Random, *, playlist_names: bool = True, opened: bool = True
) -> tuple[str, set[Modality]]:
    """Return a message that the track in `row` fulfils, and the modalities that it speaks of.

    Without `opened` it has neither opening ("play me") nor closing, and can follow other words.
    """
    if random.random() < 0.2 and (compared := comparison(index, row, random)):
        return compared
    track = index.tracks[row]
    known = facets(track, random, playlist_names=playlist_names)
    chosen = _choose(known, random.choices((1, 2, 3, 4), (4, 5, 3, 1))[0], random)
    text = compose(chosen, random, opened=opened)
    modalities = {facet.modality for facet in chosen}
    if random.random() < 0.2 and not _names_the_track(chosen) and (ruled_out := exclusion(index, row, random)):
        text = f"{text.rstrip('?!. ')}{ruled_out[0]}"
        modalities |= ruled_out[1]
    return text, modalities


def compose(chosen: Sequence[Facet], random: Random, *, opened: bool = True) -> str:
    """Return one message that says all of `chosen`: a list of words, a phrase, or an opening and a phrase."""
    alone = [facet for facet in chosen if all(place == "alone" for place, _ in facet.forms)]
    if alone:
        return _opened(random.choice(alone[0].forms)[1], random, some=False, opened=opened)
    forms = [text for place, text in chosen[0].forms if place == "alone"] if len(chosen) == 1 else []
    if forms and random.random() < 0.5:
        return _opened(random.choice(forms), random, some=False, opened=opened)
    if len(chosen) > 1 and random.random() < 0.12:
        return ", ".join(random.choice(facet.forms)[1] for facet in chosen)
    return _phrase(chosen, random, opened=opened)


def response(track: Track, random: Random) -> str:
    """Return what an assistant says with the track: names out of the catalog and nothing else."""
    title = split_title(track.title).base
    return random.choice(words.RESPONSES).format(title=title, artist=track.artist)


def _phrase(chosen: Sequence[Facet], random: Random, *, opened: bool) -> str:
    before: list[tuple[int, str]] = []
    after: list[str] = []
    for facet in chosen:
        place, text = random.choice([form for form in facet.forms if form[0] != "alone"])
        if place == "before":
            before.append((_ORDER.index(facet.kind) if facet.kind in _ORDER else -1, text))
        else:
            after.append(text)
    random.shuffle(after)
    late = after.pop() if len(after) > 1 and random.random() < 0.4 else ""
    noun = random.choice(words.NOUNS)
    if noun == "something" and before:
        text = " ".join(["something", *(text for _, text in sorted(before)), *after])
    else:
        # A genre can stand for the noun itself: "mellow 90s rock".
        bare = bool(before) and not after and max(before)[0] == len(_ORDER) - 1 and random.random() < 0.5
        text = " ".join([*(text for _, text in sorted(before)), *(() if bare else (noun,)), *after])
    message = _opened(text, random, some=noun != "something", opened=opened)
    return f"{message}{random.choice(words.ALSO)}{late}" if late else message


def _opened(text: str, random: Random, *, some: bool, opened: bool) -> str:
    if not opened:
        return text
    opening = random.choice(words.OPENINGS)
    asks = opening.startswith(words.QUESTIONS)
    if opening and not opening.endswith("any ") and some:
        opening += random.choice(words.SOME)
    ending = "?" if asks and random.random() < 0.8 else random.choice(words.CLOSINGS)
    return f"{opening}{text}{ending}"


def _choose(known: Sequence[Facet], count: int, random: Random) -> list[Facet]:
    """Draw facets of different kinds, the often named kinds more often; a title or a fact stands alone."""
    left = list(known)
    chosen: list[Facet] = []
    while left and len(chosen) < count:
        # Many instruments or credits must not crowd out the one year.
        kinds = [facet.kind for facet in left]
        weights = [_KIND_WEIGHTS.get(kind, 0.5) / kinds.count(kind) for kind in kinds]
        facet = random.choices(left, weights)[0]
        if all(place == "alone" for place, _ in facet.forms):
            if not chosen:
                return [facet]
            left = [other for other in left if other.kind != facet.kind]
            continue
        chosen.append(facet)
        left = [other for other in left if other.kind != facet.kind]
    return chosen


def _names_the_track(chosen: Sequence[Facet]) -> bool:
    return any(facet.kind in {"title", "fact", "about", "album", "artist"} for facet in chosen)
