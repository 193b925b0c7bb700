"""Level heads made ready for one state at a time: nine modalities in a few products instead of a hundred small ones.

A matrix product of one row costs little more than what it costs to start, so the maps of all modalities lie in one
block, padded to the largest codebooks. Inference only: later changes of the heads do not show. Knows level heads and
the distribution that they make; no tokens and no catalog.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.layout import UNKNOWN
from segue.generator.modality import LEVELS

if TYPE_CHECKING:
    from segue.generator.heads import LevelHeads, ModalityHead


class HeadStack:
    """The heads of a layout's nine modalities, `width` the length of their states."""

    def __init__(self, heads: "LevelHeads") -> None:
        parts = heads.modalities()
        self._layout = heads.layout
        self._sizes = [tuple(sizes) for sizes in heads.layout.sizes.reshape(-1, LEVELS).tolist()]
        with torch.no_grad():
            self._maps = _padded([_maps(part)[0] for part in parts]).transpose(1, 2).contiguous()
            self._biases = _padded([_maps(part)[1] for part in parts])
            self._first_code = _padded([part.first_code for part in parts])
            self._mixes = [
                _padded([mix.T for mix in mixes]).transpose(1, 2).contiguous()
                for mixes in ([part.mix2 for part in parts], [part.mix3 for part in parts])
            ]
            self._first_to_second = [part.first_to_second.detach().clone() for part in parts]
            self._first_to_third = [part.first_to_third.detach().clone() for part in parts]
            self._second_to_third = [part.second_to_third.detach().float().cpu().numpy().copy() for part in parts]
        self._rank = parts[0].first_code.shape[1]

    @torch.inference_mode()
    def distribution(self, states: Tensor) -> CodeDistribution:
        """Return the distribution over semantic IDs for one dialogue's states [9, width]."""
        mapped = torch.baddbmm(self._biases[:, None], states[:, None], self._maps)[:, 0]
        gates = mapped[:, : 2 * self._rank].view(len(mapped), 2, 1, self._rank) * self._first_code[:, None]
        second, third = (torch.bmm(gates[:, level], mix) for level, mix in enumerate(self._mixes))
        parts = []
        for m, (one, two, three) in enumerate(self._sizes):
            codes = mapped[m, 2 * self._rank :]
            level1, level2, level3 = torch.split(codes[: one + two + three], [one, two, three])
            level1[UNKNOWN] = -torch.inf
            tables = (
                level1,
                second[m, :one, :two] + self._first_to_second[m] + level2,
                level3,
                third[m, :one, :three] + self._first_to_third[m],
            )
            first, given_first, *alone = (table.float().cpu().numpy() for table in tables)
            parts.append(ModalityDistribution(first, given_first, (alone[0], alone[1], self._second_to_third[m])))
        return CodeDistribution(self._layout, tuple(parts))


def _maps(head: "ModalityHead") -> tuple[Tensor, Tensor]:
    """Return all maps of a head's state as one: weight [gates and codes, width] and bias."""
    maps = (head.gate2, head.gate3, head.level1, head.level2, head.level3)
    return torch.cat([part.weight for part in maps]), torch.cat([part.bias for part in maps])


def _padded(parts: list[Tensor]) -> Tensor:
    """Return tensors that differ in their first length as one, filled up with zeros."""
    return pad_sequence([part.detach() for part in parts], batch_first=True)
