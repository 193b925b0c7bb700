"""The shortest requests: an artist, a title, or both, with hardly a word around them.

The grammar of requests names artists among many other things; a catalog has tens of thousands of them, and each must
have been seen with its codes. Draws every track once before any a second time. Knows tracks only.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from segue.generator.modality import Modality
from segue.generator.names import split_title
from segue.generator.training_data.example import Example, ExampleTurn
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.noise import typed
from segue.generator.training_data.requests import response

_ARTIST: Final = (
    "{artist}", "{artist} songs", "songs by {artist}", "play {artist}", "some {artist} please", "add {artist}",
    "anything by {artist}", "I love {artist}", "music like {artist}", "artists similar to {artist}", "more {artist}",
)  # fmt: skip
_TITLE: Final = ("{title}", "play {title}", "the song {title}", "add {title}", "{title} please")
_BOTH: Final = ("{title} by {artist}", "{artist} - {title}", "{artist} {title}", "play {title} by {artist}")


def name_examples(index: TrackIndex, count: int, *, seed: int = 0, noise: bool = True) -> Iterator[Example]:
    """Yield `count` examples. Raises ValueError for a catalog without tracks."""
    if not index.tracks:
        raise ValueError("a catalog without tracks has no names")
    random = Random(seed)
    rows: list[int] = []
    for _ in range(count):
        if not rows:
            rows = random.sample(range(len(index.tracks)), len(index.tracks))
        track = index.tracks[rows.pop()]
        forms, modalities = random.choice(
            (
                (_ARTIST, (Modality.AC,)),
                (_ARTIST, (Modality.AC,)),
                (_TITLE, (Modality.BM,)),
                (_BOTH, (Modality.AC, Modality.BM)),
            )
        )
        artist = random.choice(track.artists).name
        text = random.choice(forms).format(artist=artist, title=split_title(track.title).base)
        said = typed(text, random) if noise else text
        yield Example((ExampleTurn("user", said),), track.id, "request", modalities, response=response(track, random))
