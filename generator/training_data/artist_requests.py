"""Requests that people wrote with an artist in mind, answered by that artist's tracks in the catalog at hand.

Reads JSON Lines with `artist` and `requests`. The requests describe an artist without naming him or her, so they speak
of biography, genre and mood. Artists that the catalog lacks are left out; nothing stands in for them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines
from segue.generator.modality import Modality
from segue.generator.names import artist_key
from segue.generator.training_data.example import Example, ExampleTurn
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.noise import typed
from segue.generator.training_data.requests import response


class ArtistRequests(BaseModel):
    """What was written for one artist; other fields of the row are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    artist: str
    requests: tuple[str, ...] = ()

    @property
    def held_out(self) -> bool:
        """Whether a ranker must not learn from it: one artist in five, by the name."""
        return int(hashlib.sha256(artist_key(self.artist).encode()).hexdigest(), 16) % 5 == 0


def read_artist_requests(path: Path) -> list[ArtistRequests]:
    """Return the rows of a JSON Lines file. Raises SourceError, with the line, for one that is not such a row."""
    rows = []
    for number, line in read_lines(path):
        try:
            rows.append(ArtistRequests.model_validate(json.loads(line)))
        except (ValueError, ValidationError) as error:
            raise SourceError(f"{path}, line {number}: not an artist with requests: {error}") from error
    return rows


def artist_request_examples(
    rows: Iterable[ArtistRequests], index: TrackIndex, *, per_request: int = 2, seed: int = 0, noise: bool = True
) -> Iterator[Example]:
    """Yield, for each request of an artist in the catalog, up to `per_request` different tracks as targets."""
    random = Random(seed)
    for row in rows:
        tracks = index.by_artist.get(artist_key(row.artist), [])
        for request in row.requests:
            for chosen in random.sample(tracks, min(per_request, len(tracks))):
                text = typed(request, random, careless=0.1) if noise else request
                track = index.tracks[chosen]
                yield Example(
                    (ExampleTurn("user", text),), track.id, "artist-request", (Modality.ST, Modality.AB),
                    response=response(track, random), origin=artist_key(row.artist),
                )  # fmt: skip
