"""What the generators have in common that know the whole distribution at once: the answer to a request, in a thread.

A subclass says how a dialogue becomes a distribution. Knows requests, deadlines and the choice of IDs; no model.
"""

import numpy as np
from numpy.typing import NDArray

from segue.generator.deadline import Deadline
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.selection import select_ids
from segue.generator.worker import Worker


class OnePassGenerator:
    """Half of a `Generator` (see `interface`). Requests are worked off one after another in a thread of their own."""

    def __init__(self, name: str, fingerprint: str) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._worker = Worker(name)

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue, at once; `user` is the listener's soft token, if any.

        Raises SemanticIdError for codes of another layout, ValueError for a soft token that it cannot read.
        """
        raise NotImplementedError

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; see `Generator`."""
        return await self._worker.run(lambda deadline: self._generate(request, deadline), Deadline(request.deadline))

    async def aclose(self) -> None:
        """Let the running request end, turn the waiting ones away and give back the thread."""
        await self._worker.aclose()

    def _generate(self, request: GenerationRequest, deadline: Deadline) -> Generation:
        distribution = self.distribution(request.dialogue, request.user)
        deadline.check()
        return Generation(distribution, select_ids(distribution, request))
