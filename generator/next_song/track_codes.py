"""Songs of any catalog as the sum of their 27 codes: a next-song model that outlives the catalog it was trained on.

Other than the IDs of the paper's tables these are the codes of the generators, made by a tokenizer that stays as it is,
so that a song which was added today has its vector at once. Unknown modalities say nothing, and co-listening (TC) is
not read: it was made from the playlists that are learnt from. Knows codes; no catalog.
"""

import numpy as np
import torch
from torch import Tensor, nn

from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.generator.next_song.song_embedding import SPREAD


class TrackCodes(nn.Module):
    """A part of a `SongEmbedding`: songs are the rows of the code table given last."""

    def __init__(self, width: int, layout: CodeLayout = DEFAULT_LAYOUT) -> None:
        super().__init__()
        self.layout = layout
        # The last row stands for what is not read, and stays zero.
        self.table = nn.Embedding(layout.total + 1, width, padding_idx=layout.total)
        nn.init.normal_(self.table.weight, std=SPREAD / POSITIONS**0.5)
        with torch.no_grad():
            self.table.weight[layout.total] = 0
        self._places = torch.zeros(0, POSITIONS, dtype=torch.int64)

    def over(self, codes: Codes) -> None:
        """Let songs be the rows of `codes`, uint8 [songs, 27]. Raises ValueError for codes of another layout."""
        checked = self.layout.check(codes).astype(np.int64)
        read = np.repeat(checked[:, ::LEVELS] != UNKNOWN, LEVELS, axis=1)
        place = LEVELS * MODALITIES.index(Modality.TC)
        read[:, place : place + LEVELS] = False
        self._places = torch.from_numpy(np.where(read, checked + self.layout.offsets, self.layout.total))

    def forward(self, songs: Tensor) -> Tensor:
        """Return vectors [..., width] of songs int64 [...]."""
        found: Tensor = self.table(self._places[songs]).sum(dim=-2)
        return found
