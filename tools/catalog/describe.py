"""The text that stands for a track in the dense index.

Knows `Track` and language; knows nothing of vectors. Join keys (`ids`, `links`) and listening never appear: they are
no features.
"""

from typing import Final

from segue.generator.track import Track

FACT_CHARACTERS: Final = 240
"""Facts and biographies are cut here: the encoder reads about 256 word pieces."""


def describe(track: Track) -> str:
    """Return one paragraph: title, artists, album, year, genres, moods, themes, tags, sound, then short facts."""
    parts = [f"{track.title} by {track.artist}"]
    if track.album:
        parts.append(f"album {track.album}")
    if track.year is not None:
        parts.append(f"{track.year}, {track.decade}s")
    genres = dict.fromkeys((*track.genres, *(genre for artist in track.artists for genre in artist.genres)))
    parts += [
        f"{label}: {', '.join(values)}"
        for label, values in (
            ("genre", genres),
            ("mood", track.moods),
            ("theme", track.themes),
            ("tags", track.tags),
            ("for", track.activities),
            ("instruments", track.instruments),
        )
        if values
    ]
    if track.vocals:
        parts.append("instrumental" if track.vocals == "instrumental" else f"{track.vocals} vocals")
    if track.language:
        parts.append(f"in {track.language}")
    if track.tempo_class:
        parts.append(f"{track.tempo_class} tempo")
    origins = dict.fromkeys(artist.origin for artist in track.artists if artist.origin)
    if origins:
        parts.append(f"from {', '.join(origins)}")
    parts += [text[:FACT_CHARACTERS] for text in (*track.facts[:1], *(a.about for a in track.artists[:1] if a.about))]
    return ". ".join(parts)
