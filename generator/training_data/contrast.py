"""What a track is not, and how it differs from another: exclusions and comparisons that are true of it.

Exclusions name what tracks of the same genre often are and this one is not, so that they exclude something. Knows
tracks and their neighbours; that two tracks share a playlist is used and never said.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from segue.generator.modality import Modality
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track
from segue.generator.training_data.facets import tempo_class
from segue.generator.training_data.index import TrackIndex

Said = tuple[str, set[Modality]]
"""Words, and the modalities that they speak of."""

_PACE: Final = {"slow": 0, "mid": 1, "fast": 2}
_LIKE: Final = (
    "songs like {x}", "something like {x}", "like {x}", "music similar to {x}", "similar to {x}", "more songs like {x}",
    "looking for songs similar to {x}", "any songs like {x}", "I love {x}, what else is there",
    "if I like {x}, what next",
    "songs that sound like {x}", "anything in the vein of {x}", "i really like {x}. something similar",
)  # fmt: skip
_BUT: Final = (" but {y}", ", but {y}", ", only {y}", " just {y}", "... but {y} please")
_NOT: Final = (", no {x}", ", nothing {x}", " but nothing {x}", ", but not {x}", ". not {x} please", " that isn't {x}")
_NO_THING: Final = (", no {x}", " but no {x}", ", without {x}", ". no {x} please", ", anything but {x}", ", not {x}")


def comparison(index: TrackIndex, row: int, random: Random) -> Said | None:
    """Return "like X", mostly with how the track in `row` differs from its neighbour X, or None where it has none."""
    other = index.neighbour(row, random)
    if other is None:
        return None
    track, anchor = index.tracks[row], index.tracks[other]
    title, artist = split_title(anchor.title).base, anchor.artists[0].name
    named = random.choice((f"{title} by {artist}", f"{artist} - {title}", f'"{title}" by {artist}', artist, title))
    text = random.choice(_LIKE).format(x=named)
    modalities = {Modality.TC, Modality.ST}
    differing = list(differences(track, anchor))
    if differing and random.random() < 0.6:
        said, modality = random.choice(differing)
        text += random.choice(_BUT).format(y=said)
        modalities.add(modality)
    elif random.random() < 0.3:
        text += "?"
    return text, modalities


def differences(track: Track, anchor: Track) -> Iterator[tuple[str, Modality]]:
    """Yield how `track` differs from `anchor`, as a listener would ask for it."""
    paces = tempo_class(track), tempo_class(anchor)
    if paces[0] and paces[1] and paces[0] != paces[1]:
        faster = _PACE[paces[0]] > _PACE[paces[1]]
        yield from ((text, Modality.MC) for text in (("faster", "more upbeat") if faster else ("slower", "calmer")))
    if track.sound.energy is not None and anchor.sound.energy is not None:
        gap = track.sound.energy - anchor.sound.energy
        if gap > 0.3:
            yield from ((text, Modality.SC) for text in ("with more energy", "heavier", "more energetic", "louder"))
        elif gap < -0.3:
            yield from ((text, Modality.SC) for text in ("softer", "more chill", "more mellow", "less loud"))
    if track.vocals and anchor.vocals and track.vocals != anchor.vocals:
        said = {"female": "with a woman singing", "male": "with a male singer", "instrumental": "without singing",
                "choir": "with a choir"}.get(track.vocals)  # fmt: skip
        if said:
            yield said, Modality.ST
    if track.year and anchor.year and abs(track.year - anchor.year) >= 8:
        newer = track.year > anchor.year
        yield ("newer" if newer else "older"), Modality.RI
        yield f"from the {track.decade}s", Modality.RI
    if track.language and anchor.language and track.language != anchor.language and track.vocals != "instrumental":
        yield f"in {track.language.split(',')[0]}", Modality.ST
    if artist_key(track.artists[0].name) != artist_key(anchor.artists[0].name):
        yield "by someone else", Modality.AC
    theirs = {fold(mood) for mood in anchor.moods}
    yield from ((f"more {mood}", Modality.ST) for mood in track.moods if fold(mood) not in theirs)
    ours = {fold(mood) for mood in track.moods}
    if ours:
        yield from ((f"less {mood}", Modality.ST) for mood in anchor.moods if fold(mood) not in ours)


def exclusion(index: TrackIndex, row: int, random: Random) -> Said | None:
    """Return words to append to a request that rule out something else than the track in `row`, or None."""
    mate = index.genre_mate(row, random)
    options = list(_exclusions(index.tracks[row], None if mate is None else index.tracks[mate]))
    if not options:
        return None
    thing, text, modality = random.choice(options)
    return random.choice(_NO_THING if thing else _NOT).format(x=text), {modality}


def _exclusions(track: Track, mate: Track | None) -> Iterator[tuple[bool, str, Modality]]:
    """Yield (whether it is a thing and not a quality, its words, its modality)."""
    if track.version is None:
        yield from ((True, word, Modality.BM) for word in ("live versions", "remixes", "covers", "karaoke"))
    pace = tempo_class(track)
    if pace == "slow":
        yield from ((False, word, Modality.MC) for word in ("fast", "too fast", "uptempo"))
    elif pace == "fast":
        yield from ((False, word, Modality.MC) for word in ("slow", "too slow"))
    if track.sound.energy is not None and not 0.3 < track.sound.energy < 0.7:
        calm = track.sound.energy <= 0.3
        yield False, ("too loud" if calm else "sleepy"), Modality.SC
    if track.year is not None:
        # "Nothing older than 1990" leaves a little room, as people do.
        yield False, f"older than {track.year // 5 * 5}", Modality.RI
        yield False, f"newer than {track.year // 5 * 5 + 5}", Modality.RI
    if track.vocals == "instrumental":
        yield from ((True, word, Modality.ST) for word in ("vocals", "singing", "lyrics"))
    elif track.vocals:
        yield True, "instrumentals", Modality.ST
    if track.language and "english" not in track.language.casefold() and track.vocals != "instrumental":
        yield False, "in English", Modality.ST
    if mate is None:
        return
    if track.moods:
        ours = {fold(mood) for mood in track.moods}
        for mood in mate.moods:
            if fold(mood) not in ours:
                yield False, f"too {mood}", Modality.ST
    genres = " ".join(fold(genre) for genre in track.genres)
    yield from ((True, genre, Modality.ST) for genre in mate.genres if fold(genre) not in genres)
    if not {artist_key(a.name) for a in mate.artists} & {artist_key(a.name) for a in track.artists}:
        yield True, mate.artists[0].name, Modality.AC
