"""A next-song model over semantic IDs of the generators, with its weight files: it continues what was heard in any
catalog that speaks the same codes. Knows weight files; where the music comes from is the caller's business.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, Codes
from segue.generator.next_song.model import NextSong
from segue.generator.next_song.sequences import MAX_LENGTH, Heard, batch_of
from segue.generator.next_song.song_embedding import SongEmbedding
from segue.generator.next_song.track_codes import TrackCodes
from segue.generator.weight_files import SHIPPED, fill, read_weights, write_weights

KIND: Final = "next-song"
NEXT_SONG: Final = SHIPPED / "next_song"
"""The weights that come with the package."""
WIDTH: Final = 48

Floats = NDArray[np.float32]


class Continuation:
    """Scores tracks by what was heard before them, in order and with opinions."""

    def __init__(self, tokenizer: str, layout: CodeLayout = DEFAULT_LAYOUT) -> None:
        """An untrained model for the codes of the tokenizer with this fingerprint."""
        self.tokenizer = tokenizer
        self.songs = TrackCodes(WIDTH, layout)
        self.model = NextSong(SongEmbedding([self.songs]), WIDTH)
        # Which songs there are changes from call to call.
        self._lock = Lock()

    @classmethod
    def load(cls, folder: Path = NEXT_SONG, *, tokenizer: str | None = None) -> Self:
        """Load weights. Raises WeightsCorrupt and TokenizerMismatch; see `weight_files.read_weights`."""
        tensors, manifest = read_weights(folder, KIND, tokenizer=tokenizer, base=None)
        layout = CodeLayout(tuple((int(a), int(b), int(c)) for a, b, c in manifest["layout"]))
        loaded = cls(str(manifest["tokenizer"]), layout)
        fill(loaded.model, tensors, folder)
        loaded.model.eval()
        return loaded

    def save(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Write the weights; `about` is how they came about."""
        layout = {"layout": [list(levels) for levels in self.songs.layout.codewords]}
        tensors = self.model.state_dict()
        write_weights(folder, KIND, tensors, tokenizer=self.tokenizer, base="", about=layout | dict(about))

    def vectors(self, codes: Codes) -> Floats:
        """Return the vectors of tracks [n, 27] that states are compared with: float32 [n, 48]."""
        with self._lock, torch.inference_mode():
            self.songs.over(codes)
            vectors: Floats = self.model.songs(torch.arange(len(codes))).numpy()
        return vectors

    def state(self, codes: Codes, liked: Sequence[bool]) -> Floats:
        """Return the state after tracks [n, 27], n > 0, the newest last: float32 [48]. The oldest are left out."""
        codes, opinions = codes[-MAX_LENGTH:], np.array(liked[-MAX_LENGTH:], dtype=bool)
        heard = Heard(np.arange(len(codes), dtype=np.int64), opinions)
        with self._lock, torch.inference_mode():
            self.songs.over(codes)
            state: Floats = self.model(batch_of([heard]))[0, -1].numpy()
        return state
