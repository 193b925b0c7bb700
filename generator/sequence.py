"""The sequence generator: the language model writes the 27 codes of a semantic ID one after another.

As in 3MToken (section 2.3) and TalkPlay (section 4.2), in the fixed order AC, BM, ST, SC, MC, RI, SF, AB, TC and levels
1 to 3. At each position only the rows of that position's codebook are multiplied, the softmax runs over them (as in
training), and the unknown code is never written of its own accord; a request can narrow the codes to IDs that exist
and rule IDs out.

Greedy for one ID, beams for several or where IDs are limited (a greedy walk among the IDs of a catalog takes a wrong
turn early), draws where the request has a seed. Knows a model, prompts and codes.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.generator.beam_rounds import answer, checked, distribution_of, narrowed
from segue.generator.beam_search import Floats, search
from segue.generator.continuations import Continuations
from segue.generator.deadline import Deadline
from segue.generator.decoder import Decoder, Paths
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.losses import codebook_log_probabilities
from segue.generator.modality import LEVELS, POSITIONS
from segue.generator.prompt import PromptBuilder
from segue.generator.worker import Worker

_SCORED: Final = 32
"""IDs scored in one forward pass."""


class SequenceGenerator:
    """A `Generator` (see `interface`). Requests are worked off one after another in a thread of its own.

    `model` with its low-rank changes folded in; `weights` identifies its weights (`weight_files.weights_hash`); with
    `half`, see `Decoder`. Raises ValueError for a model that `Decoder` cannot run.
    """

    name = "sequence"

    def __init__(
        self,
        model: MusicLanguageModel,
        prompts: PromptBuilder,
        *,
        fingerprint: str,
        weights: str = "",
        half: bool = False,
    ) -> None:
        self.fingerprint = fingerprint
        self.weights = weights
        self._model = model.eval()
        self._prompts = prompts
        self._decoder = Decoder(model, prompts.max_tokens + 2 + POSITIONS, prompts.opening, half=half)
        self._worker = Worker(self.name)

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._model.codec.layout

    @property
    def listener_width(self) -> int:
        """Dimensions of the soft token that it reads."""
        return self._model.width

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; see `Generator`.

        The distribution is the same as `distribution` gives, whatever the request allows, bans or draws.
        """
        return await self._worker.run(lambda deadline: self._generate(request, deadline), Deadline(request.deadline))

    def distribution(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> CodeDistribution:
        """Return the distributions along the greedy path, at once: each position given the likeliest codes before it.

        So those of later modalities hold only if the first guesses do. `user` float32 [listener_width] is the
        listener's soft token, if any. Raises SemanticIdError for codes of another layout in the dialogue, ValueError
        for a soft token of another length.
        """
        _, tables = search(self._steps(*self._read(dialogue, user)), Continuations(self.layout), 0, Deadline(None))
        return distribution_of(self.layout, tables)

    def log_likelihoods(self, dialogue: Dialogue, codes: Codes) -> NDArray[np.float32]:
        """Return log p of the known codes of given IDs, float32 [n] for codes [n, 27], teacher-forced.

        What the model knows of a track that it would not have written itself: for ranking again what others found. The
        prompt is read once for all. Raises SemanticIdError for codes of another layout.
        """
        codes = checked(self.layout, codes)
        state, kept = self._read(dialogue)
        parts = np.array_split(codes, max(1, -(-len(codes) // _SCORED)))
        return np.concatenate([self._score(state, kept, part) for part in parts])

    async def aclose(self) -> None:
        """Let the running request end, turn the waiting ones away and give back the thread."""
        await self._worker.aclose()

    def _generate(self, request: GenerationRequest, deadline: Deadline) -> Generation:
        narrowed(self.layout, request)  # before the prompt is read, for that costs time
        state, kept = self._read(request.dialogue, request.user)
        return answer(lambda: self._steps(state, kept), self.layout, request, deadline)

    def _read(self, dialogue: Dialogue, user: NDArray[np.float32] | None = None) -> tuple[Tensor, Paths]:
        """Return the state of the begin token [1, d] and the path of what was read."""
        token = self._model.token(user)
        prompt = self._prompts.prompt(dialogue)
        ids = torch.from_numpy(np.append(prompt, self._prompts.codec.begin))
        return self._decoder.read(ids, POSITIONS, token)

    def _steps(self, state: Tensor, kept: Paths) -> "_Steps":
        return _Steps(self._model, self._decoder, state, kept.copies(1))

    def _score(self, state: Tensor, kept: Paths, codes: Codes) -> NDArray[np.float32]:
        total = np.zeros(len(codes), dtype=np.float32)
        if not len(codes):
            return total
        ids = torch.from_numpy(codes.astype(np.int64) + self.layout.offsets + self._model.codec.base)
        states = self._decoder.advance(kept.copies(len(codes)), ids[:, :-1])
        states = torch.cat((state.expand(len(codes), -1)[:, None], states), dim=1)
        for position in range(POSITIONS):
            known = codes[:, position - position % LEVELS] != UNKNOWN
            table = _table(self._model, states[:, position], position)
            total += np.where(known, table[np.arange(len(codes)), codes[:, position]], np.float32(0))
        return total


class _Steps:
    """The language model's paths behind one prompt; see `beam_search.Steps`."""

    def __init__(self, model: MusicLanguageModel, decoder: Decoder, state: Tensor, paths: Paths) -> None:
        self._model = model
        self._decoder = decoder
        self._state = state
        self._paths = paths
        self._starts = [model.codec.base + int(offset) for offset in model.codec.layout.offsets]

    def tables(self, position: int) -> Floats:
        return _table(self._model, self._state, position)

    def advance(self, parents: Sequence[int], codes: Sequence[int], position: int) -> None:
        self._paths.choose(parents)
        ids = torch.tensor(codes)[:, None] + self._starts[position]
        self._state = self._decoder.advance(self._paths, ids)[:, -1]


@torch.inference_mode()
def _table(model: MusicLanguageModel, states: Tensor, position: int) -> Floats:
    """Return log p of the codes at one position after each state, float32 [n, size of its codebook]."""
    rows = model.rows
    table = codebook_log_probabilities(states.to(rows.dtype), rows, model.codec.layout, position)
    return np.asarray(table.cpu().numpy(), dtype=np.float32)
