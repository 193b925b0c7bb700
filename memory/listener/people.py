"""Listeners to learn from: playlists, people who rated tracks in conversations, and simulated ones.

A simulated listener loves one to three things that a catalog knows (an artist, a genre, a genre of a decade) and cannot
stand another genre; there are as many as one likes, where real histories are few. Knows tracks by row; no model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from segue.generator.names import fold
from segue.generator.training_data.human import HumanDialogue, TrackResolver
from segue.generator.training_data.index import TrackIndex

MOST: Final = 40
"""Tracks of one listener that are looked at."""


@dataclass(frozen=True)
class Person:
    """Rows of a catalog that somebody likes and dislikes."""

    liked: tuple[int, ...]
    disliked: tuple[int, ...] = ()


def playlist_people(index: TrackIndex) -> list[Person]:
    """Return one listener per playlist of four tracks or more, as the index knows them."""
    return [Person(tuple(rows[:MOST])) for rows in index.playlists.values() if len(rows) >= 4]


def simulated_people(index: TrackIndex, count: int, *, seed: int = 0) -> Iterator[Person]:
    """Yield `count` listeners; none for a catalog in which no three tracks share an artist or a genre."""
    random = Random(seed)
    pools = _pools(index)
    genres = [rows for rows in index.by_genre.values() if len(rows) > 4]
    for _ in range(count if pools else 0):
        liked: dict[int, None] = {}
        for pool in random.sample(pools, min(len(pools), random.choice((1, 1, 2, 3)))):
            liked |= dict.fromkeys(random.sample(pool, min(len(pool), random.randint(3, 12))))
        disliked: tuple[int, ...] = ()
        if genres and random.random() < 0.5:
            avoided = random.choice(genres)
            # Who loves a genre cannot be said to hate it.
            if not set(avoided) & set(liked):
                disliked = tuple(random.sample(avoided, min(len(avoided), random.randint(1, 6))))
        if len(liked) >= 4:
            rows = list(liked)
            random.shuffle(rows)
            yield Person(tuple(rows[:MOST]), disliked)


def _pools(index: TrackIndex) -> list[Sequence[int]]:
    """Return what can be loved: each artist, genre, and genre of a decade with three tracks or more."""
    by_decade: dict[tuple[str, int], list[int]] = {}
    for row, track in enumerate(index.tracks):
        if track.year:
            for genre in track.genres:
                by_decade.setdefault((fold(genre), track.year // 10), []).append(row)
    groups = (index.by_artist.values(), index.by_genre.values(), by_decade.values())
    return [rows for group in groups for rows in group if len(rows) >= 3]


def rated_people(dialogues: Iterable[HumanDialogue], index: TrackIndex) -> list[Person]:
    """Return one listener per conversation in which four tracks of the catalog or more were liked."""
    resolver = TrackResolver(index.tracks)
    row_of = {track.id: row for row, track in enumerate(index.tracks)}
    found = []
    for dialogue in dialogues:
        liked, disliked = (
            dict.fromkeys(
                row_of[track]
                for turn in dialogue.turns
                for name in getattr(turn, opinion)
                if (track := resolver.resolve(name, dialogue.tracks.get(name))) is not None
            )
            for opinion in ("liked_results", "disliked_results")
        )
        if len(liked) >= 4:
            found.append(Person(tuple(liked)[:MOST], tuple(row for row in disliked if row not in liked)))
    return found
