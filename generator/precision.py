"""Which number format multiplies fastest here: bfloat16 is quick in hardware and several times slower without it."""

from functools import cache

import torch


@cache
def quick_dtype() -> torch.dtype:
    """Return bfloat16 where the processor multiplies it in hardware, else float32."""
    # AVX-512 without bfloat16 converts on the fly and still gains from half the memory traffic; AVX2 emulates it.
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32


def autocast() -> torch.autocast:
    """Return a context in which products are made in the quick format; weights keep theirs."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=quick_dtype() is torch.bfloat16)
