"""Matrices kept in half precision and multiplied with float32 numbers, for processors without 16-bit arithmetic.

A short prompt is read at the speed at which matrices are fetched, and half as many bytes are half the time; FBGEMM
(Khudia et al. 2021) widens them on the way and sums in float32. A weight is rounded to 11 binary digits, eight times as
finely as by bfloat16; numbers that come in are not rounded. Knows matrices only.
"""

from functools import cache

import torch
from torch import Tensor, nn

from segue.generator.precision import quick_dtype


def halves_run() -> bool:
    """Return whether `HalfLinear` runs here: on x86 processors with AVX2."""
    # The engine decides who packs a matrix; of those that torch has, FBGEMM alone knows half precision.
    return torch.backends.quantized.engine in ("x86", "fbgemm") and torch.cpu._is_avx2_supported()


@cache
def halves_pay() -> bool:
    """Return whether `HalfLinear` is the quickest here: where bfloat16 would be emulated."""
    return halves_run() and quick_dtype() is torch.float32


class HalfLinear(nn.Module):
    """y = W x + b with W in half precision, everything else in float32. Inference only.

    `weight` float32 [out, in], `bias` float32 [out]. Raises RuntimeError where `halves_run` says no.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self._packed = torch.ops.quantized.linear_prepack_fp16(weight.detach(), bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., in] to [..., out]."""
        y: Tensor = torch.ops.quantized.linear_dynamic_fp16(x, self._packed)
        return y
