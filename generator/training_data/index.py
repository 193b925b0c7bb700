"""A catalog looked at from the side of training data: which tracks share an artist, a genre or a playlist.

Knows tracks only. Neighbours are what a listener may compare a track with; playlists are what continuation learns from.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Sequence
from random import Random

from segue.generator.names import artist_key, fold
from segue.generator.track import Track


class TrackIndex:
    """Tracks by what they share. `without` names playlists and sessions that must not be learnt from."""

    def __init__(self, tracks: Sequence[Track], *, without: Container[str] = frozenset()) -> None:
        self.tracks = tracks
        self.by_artist: dict[str, list[int]] = defaultdict(list)
        self.by_genre: dict[str, list[int]] = defaultdict(list)
        self.playlists: dict[str, list[int]] = {}
        """Rows of each playlist or session in its order, repeats left out."""
        placed: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._of: list[tuple[str, ...]] = []
        for row, track in enumerate(tracks):
            for artist in track.artists:
                self.by_artist[artist_key(artist.name)].append(row)
            for genre in track.genres:
                self.by_genre[fold(genre)].append(row)
            kept = [heard for heard in track.listened if heard.id not in without]
            self._of.append(tuple(heard.id for heard in kept))
            for heard in kept:
                placed[heard.id].append((row if heard.position is None else heard.position, row))
        for name, rows in placed.items():
            self.playlists[name] = list(dict.fromkeys(row for _, row in sorted(rows)))

    def neighbour(self, row: int, random: Random) -> int | None:
        """Return another track that shares a playlist, a genre or an artist with the given one, or None.

        Playlists are tried first, then genres, then artists, each time with even chances to go on to the next.
        """
        track = self.tracks[row]
        groups: tuple[Callable[[], list[list[int]]], ...] = (
            lambda: [self.playlists[name] for name in self._of[row]],
            lambda: [self.by_genre[fold(genre)] for genre in track.genres],
            lambda: [self.by_artist[artist_key(artist.name)] for artist in track.artists],
        )
        found: int | None = None
        for group in groups:
            rows = [rows for rows in group() if len(rows) > 1]
            if rows:
                other = random.choice(random.choice(rows))
                if other != row:
                    found = other
                    if random.random() < 0.5:
                        break
        return found

    def related(self, row: int, other: int) -> bool:
        """Return whether two tracks share a playlist, a genre or an artist."""
        one, two = self.tracks[row], self.tracks[other]
        return bool(
            set(self._of[row]) & set(self._of[other])
            or {fold(genre) for genre in one.genres} & {fold(genre) for genre in two.genres}
            or {artist_key(artist.name) for artist in one.artists} & {artist_key(artist.name) for artist in two.artists}
        )

    def genre_mate(self, row: int, random: Random) -> int | None:
        """Return another track of a genre of the given one, or None."""
        genres = [rows for genre in self.tracks[row].genres if len(rows := self.by_genre[fold(genre)]) > 1]
        if not genres:
            return None
        other = random.choice(random.choice(genres))
        return None if other == row else other
