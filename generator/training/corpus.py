"""What generators learn from: one mixture of examples over the tracks of one or more catalogs, with their codes.

Joins the kinds of 3MToken (requests, conversations, playlist continuation; section 3.1) with requests that people wrote
and conversations that people had, where files of them are given. Held-out conversations never enter. Deterministic by
seed. Knows tracks and files; no model.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from segue.generator.dialogue import Dialogue
from segue.generator.layout import Codes
from segue.generator.track import Track
from segue.generator.training_data.artist_requests import artist_request_examples, read_artist_requests
from segue.generator.training_data.conversations import conversation_examples
from segue.generator.training_data.example import Example, fold_of
from segue.generator.training_data.human import TrackResolver, human_examples, read_dialogues
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.name_requests import name_examples
from segue.generator.training_data.playlists import playlist_examples
from segue.generator.training_data.requests import request_examples


@dataclass(frozen=True)
class Mixture:
    """How many examples of each kind; the files are used whole."""

    requests: int = 40_000
    conversations: int = 20_000
    playlists: int = 8_000
    names: int = 0
    """Requests that are a name and little else; each track comes once before any comes twice."""
    human_repeats: int = 2
    """How often each example from a real conversation stands in the mixture."""
    artist_requests: Path | None = None
    dialogues: Path | None = None
    without: Container[str] = field(default=frozenset())
    """Playlists and sessions that must not be learnt from."""
    seed: int = 0


ADAPTATION: Final = Mixture(requests=20_000, conversations=5_000, playlists=3_000, names=37_000)
"""What a catalog alone gives: no dialogues are needed."""


@dataclass(frozen=True)
class Corpus:
    """Examples and the tracks that they speak of."""

    examples: Sequence[Example]
    codes: Mapping[str, Codes]
    """Codes [27] by track id."""
    names: Mapping[str, str]
    """"Title by artist" by track id."""

    def dialogue(self, example: Example) -> Dialogue:
        """Return the dialogue of an example, with the codes and names of its tracks."""
        return example.dialogue(self.codes, self.names)

    def target(self, example: Example) -> Codes:
        """Return the codes [27] of the track that answers it."""
        return self.codes[example.target]

    def without_fold(self, fold: int, folds: int) -> list[int]:
        """Return the numbers of the examples that were not taken from a dialogue or an artist of this fold."""
        return [
            number
            for number, example in enumerate(self.examples)
            if not example.origin or fold_of(example.origin, folds) != fold
        ]

    def joined(self, other: "Corpus", *, seed: int = 0) -> "Corpus":
        """Return both, shuffled; of a track that is in both, what this one says of it holds."""
        examples = [*self.examples, *other.examples]
        Random(seed).shuffle(examples)
        return Corpus(examples, {**other.codes, **self.codes}, {**other.names, **self.names})


def build_corpus(tracks: Sequence[Track], codes: Codes, mixture: Mixture) -> Corpus:
    """Return a shuffled corpus over `tracks` with the semantic IDs `codes` [n, 27].

    Raises SourceError for a file that cannot be read, ValueError where there are no tracks.
    """
    index = TrackIndex(tracks, without=mixture.without)
    seed = mixture.seed
    examples = list(request_examples(index, mixture.requests, seed=seed))
    examples += conversation_examples(index, mixture.conversations, seed=seed + 1)
    examples += playlist_examples(index, mixture.playlists, seed=seed + 2)
    examples += name_examples(index, mixture.names, seed=seed + 4)
    if mixture.artist_requests:
        examples += artist_request_examples(read_artist_requests(mixture.artist_requests), index, seed=seed + 3)
    if mixture.dialogues:
        human = human_examples(read_dialogues(mixture.dialogues, "train"), TrackResolver(tracks))
        examples += list(human) * mixture.human_repeats
    Random(seed).shuffle(examples)
    return Corpus(
        examples,
        {track.id: row for track, row in zip(tracks, codes, strict=True)},
        {track.id: f"{track.title} by {track.artist}" for track in tracks},
    )
