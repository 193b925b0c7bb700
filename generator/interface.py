"""The interface of every generator: a dialogue in, a distribution over semantic IDs and the best IDs out.

Three kinds implement it (sequence, parallel, compact), in process or behind a server, and `FakeGenerator` for tests;
`generator/contract.py` says in tests what each must keep. Knows dialogues and codes; no users, no catalog, no HTTP.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import CodeLayout, Codes


@dataclass(frozen=True, eq=False)
class GenerationRequest:
    """What to generate. Raises ValueError for a number below 1 or an allowed list that is empty."""

    dialogue: Dialogue
    allowed: Codes | None = None
    """uint8 [any, 27]: the semantic IDs that may be returned; None allows every ID that the layout can spell."""
    banned: Codes | None = None
    """uint8 [any, 27]: semantic IDs that are never returned, whatever `allowed` says."""
    n: int = 1
    """Semantic IDs wanted; fewer come back where fewer exist."""
    seed: int | None = None
    """None asks for the likeliest IDs; a number for a draw from the distribution, the same for the same seed."""
    deadline: float | None = None
    """Seconds from the call on; a generator that needs longer raises GenerationTimeout."""
    user: NDArray[np.float32] | None = None
    """float32 [d]: the listener's soft token, for generators that were trained with one."""

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"at least one semantic ID must be asked for, not {self.n}")
        if self.allowed is not None and not len(self.allowed):
            raise ValueError("no semantic ID is allowed")


@dataclass(frozen=True, eq=False)
class Generation:
    """What came of a request."""

    distribution: CodeDistribution
    """For soft matching and for scoring every track of a catalog. Bans do not touch it: they are the matching's."""
    ids: Codes
    """uint8 [at most n, 27]: distinct semantic IDs, the likeliest first (of a draw: in the order drawn)."""


@runtime_checkable
class Generator(Protocol):
    """Whatever generates semantic IDs."""

    @property
    def name(self) -> str:
        """How this generator is called in settings, logs and reports."""

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the tokenizer whose codes it was trained on."""

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request. Safe to call many times at once.

        Raises GenerationTimeout where the deadline passes and SemanticIdError for codes of another layout.
        """

    async def aclose(self) -> None:
        """Give back threads, memory and connections; a second call does nothing."""
