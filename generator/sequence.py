"""The sequence generator: the language model writes the 27 codes of a semantic ID one after another.

As in 3MToken (section 2.3) and TalkPlay (section 4.2), in the fixed order AC, BM, ST, SC, MC, RI, SF, AB, TC and levels
1 to 3. At each position only the rows of that position's codebook are multiplied, the softmax runs over them (as in
training), and the unknown code is never written; a request can narrow the codes to IDs that exist and rule IDs out.
Where an allowed ID lacks a modality, its unknown code counts as much as a typical known one, the mean of log p under p.

Greedy for one ID, beams for several or where IDs are limited (a greedy walk among the IDs of a catalog takes a wrong
turn early), draws where the request has a seed. Knows a model, prompts and codes.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.generator.continuations import Continuations, Place
from segue.generator.deadline import Deadline
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.errors import SemanticIdError
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.losses import codebook_log_probabilities
from segue.generator.modality import LEVELS, POSITIONS
from segue.generator.prompt import PromptBuilder

MOST_BEAMS: Final = 16
_LIMITED_BEAMS: Final = 4
"""Beams at the least where only certain IDs may come out."""
_ROUNDS: Final = 4
"""Rounds of draws before fewer different IDs than asked for are returned."""
_SCORED: Final = 32
"""IDs scored in one forward pass."""


@dataclass(frozen=True)
class _Beam:
    codes: tuple[int, ...]
    score: float
    place: Place
    tables: tuple[NDArray[np.float32], ...]
    """Log-probabilities of the positions so far, before any mask."""


class SequenceGenerator:
    """A `Generator` (see `interface`). Requests are worked off one after another in a thread of its own."""

    name = "sequence"

    def __init__(self, model: MusicLanguageModel, prompts: PromptBuilder, *, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._model = model.eval()
        self._prompts = prompts
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="segue-sequence")

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""
        return self._model.codec.layout

    async def generate(self, request: GenerationRequest) -> Generation:
        """Answer a request; the distribution is that of the best path, each position given the codes before it."""
        deadline = Deadline(request.deadline)
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._generate, request, deadline)

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        """Return the distributions along the greedy path, at once."""
        return self._generate(GenerationRequest(dialogue), Deadline(None)).distribution

    def log_likelihoods(self, dialogue: Dialogue, codes: Codes) -> NDArray[np.float32]:
        """Return log p of the known codes of given IDs, float32 [n] for codes [n, 27], teacher-forced.

        What the model knows of a track that it would not have written itself: for ranking again what others found.
        Raises SemanticIdError for codes of another layout.
        """
        codes = self._checked(codes)
        with torch.inference_mode():
            state, cache = self._read(dialogue)
            found = [
                self._score(state, cache, part) for part in np.array_split(codes, max(1, -(-len(codes) // _SCORED)))
            ]
        return np.concatenate(found)

    async def aclose(self) -> None:
        """Let the running request end and give back the thread."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _generate(self, request: GenerationRequest, deadline: Deadline) -> Generation:
        deadline.check()
        allowed, banned = (None if c is None else self._checked(c) for c in (request.allowed, request.banned))
        continuations = Continuations(self.layout, allowed, banned)
        with torch.inference_mode():
            if request.seed is None:
                beams = self._beams(request, continuations, deadline)
            else:
                beams = self._draws(request, continuations, deadline)
        if not beams:
            # Nothing may come out: the distribution is still asked for, and is that of the free path.
            return Generation(self._generate(GenerationRequest(request.dialogue), deadline).distribution, _no_ids())
        ids = np.array([beam.codes for beam in beams[: request.n]], dtype=np.uint8)
        return Generation(self._distribution(beams[0].tables), ids)

    def _beams(self, request: GenerationRequest, continuations: Continuations, deadline: Deadline) -> list[_Beam]:
        width = min(MOST_BEAMS, max(request.n, _LIMITED_BEAMS if continuations.limited else 1))
        beams = [_Beam((), 0.0, continuations.start(), ())]
        state, cache = self._read(request.dialogue)
        for position in range(POSITIONS):
            deadline.check()
            tables = self._tables(state, position)
            grown: list[tuple[float, int, int]] = []
            for number, beam in enumerate(beams):
                scores = _masked(tables[number], continuations.mask(beam.place, position), beam.codes, position)
                for code in np.argsort(-scores, kind="stable")[:width]:
                    if np.isfinite(scores[code]):
                        grown.append((beam.score + float(scores[code]), number, int(code)))
            grown.sort(key=lambda item: (-item[0], item[1], item[2]))
            chosen = grown[:width]
            beams = [self._grown(beams[n], c, score, tables[n], position, continuations) for score, n, c in chosen]
            if not beams:
                return []
            state, cache = self._advance(cache, [n for _, n, _ in chosen], [c for _, _, c in chosen], position)
        return beams

    def _draws(self, request: GenerationRequest, continuations: Continuations, deadline: Deadline) -> list[_Beam]:
        if not continuations.count:
            return []
        random = np.random.default_rng(request.seed)
        first, kept = self._read(request.dialogue)
        found: dict[tuple[int, ...], _Beam] = {}
        wanted = min(request.n, continuations.count)
        for _ in range(_ROUNDS):
            beams = [_Beam((), 0.0, continuations.start(), ())] * min(MOST_BEAMS, max(1, wanted))
            state, cache = first.expand(len(beams), -1), _copy(kept, len(beams))
            for position in range(POSITIONS):
                deadline.check()
                tables = self._tables(state, position)
                codes = []
                for number, beam in enumerate(beams):
                    scores = _masked(tables[number], continuations.mask(beam.place, position), beam.codes, position)
                    p = np.exp(scores - scores.max()).astype(np.float64)
                    codes.append(int(random.choice(len(p), p=p / p.sum())))
                beams = [
                    self._grown(beam, code, beam.score + float(table[code]), table, position, continuations)
                    for beam, code, table in zip(beams, codes, tables, strict=True)
                ]
                state, cache = self._advance(cache, list(range(len(beams))), codes, position)
            for beam in beams:
                found.setdefault(beam.codes, beam)
            if len(found) >= wanted:
                break
        return list(found.values())

    def _grown(
        self, beam: _Beam, code: int, score: float, table: NDArray[np.float32], position: int, all_: Continuations
    ) -> _Beam:
        return _Beam((*beam.codes, code), score, all_.step(beam.place, position, code), (*beam.tables, table))

    def _read(self, dialogue: Dialogue) -> tuple[Tensor, Any]:
        """Return the state of the begin token [1, d] and the cache of what was read."""
        prompt = self._prompts.prompt(dialogue)
        ids = torch.from_numpy(np.append(prompt, self._prompts.codec.begin))[None]
        return self._model.read(ids, None)

    def _tables(self, state: Tensor, position: int) -> NDArray[np.float32]:
        rows = self._model.rows
        tables = codebook_log_probabilities(state.to(rows.dtype), rows, self.layout, position)
        return np.asarray(tables.numpy(), dtype=np.float32)

    def _advance(self, cache: Any, parents: Sequence[int], codes: Sequence[int], position: int) -> tuple[Tensor, Any]:
        """Feed one code to each path and return the states after it. The last code is fed to nobody."""
        if position == POSITIONS - 1:
            return torch.empty(0), cache
        if list(parents) != list(range(len(parents))) or len(parents) != _paths(cache):
            cache.reorder_cache(torch.tensor(parents))
        ids = torch.tensor(codes)[:, None] + (self._model.codec.base + int(self.layout.offsets[position]))
        return self._model.read(ids, cache)

    def _score(self, state: Tensor, kept: Any, codes: Codes) -> NDArray[np.float32]:
        if not len(codes):
            return np.empty(0, dtype=np.float32)
        ids = torch.from_numpy(codes.astype(np.int64) + self.layout.offsets + self._model.codec.base)
        states = self._model.read_all(ids[:, :-1], _copy(kept, len(codes)))
        states = torch.cat((state.expand(len(codes), -1)[:, None], states), dim=1)
        total = np.zeros(len(codes), dtype=np.float32)
        for position in range(POSITIONS):
            known = codes[:, position - position % LEVELS] != UNKNOWN
            table = self._tables(states[:, position], position)
            total += np.where(known, table[np.arange(len(codes)), codes[:, position]], np.float32(0))
        return total

    def _distribution(self, tables: Sequence[NDArray[np.float32]]) -> CodeDistribution:
        triples = [tables[start : start + LEVELS] for start in range(0, POSITIONS, LEVELS)]
        return CodeDistribution(self.layout, tuple(ModalityDistribution.independent(*triple) for triple in triples))

    def _checked(self, codes: Codes) -> Codes:
        try:
            return self.layout.check(np.asarray(codes))
        except ValueError as error:
            raise SemanticIdError(str(error)) from error


def _masked(
    table: NDArray[np.float32], mask: NDArray[np.bool_], codes: tuple[int, ...], position: int
) -> NDArray[np.float32]:
    """Return scores with -inf where a code may not follow; below an unknown code there is nothing to say."""
    level = position % LEVELS
    if level and codes[position - level] == UNKNOWN:
        return np.where(mask, np.float32(0), np.float32(-np.inf))
    scores = np.where(mask, table, np.float32(-np.inf))
    if level == 0 and mask[UNKNOWN]:
        known = table[UNKNOWN + 1 :]
        scores[UNKNOWN] = float((np.exp(known) * known).sum())
    return scores


def _paths(cache: Any) -> int:
    return int(cache.layers[0].keys.shape[0])


def _copy(cache: Any, times: int) -> Any:
    """Return a copy of the cache of one path for many."""
    import copy

    copied = copy.deepcopy(cache)
    copied.batch_repeat_interleave(times)
    return copied


def _no_ids() -> Codes:
    return np.empty((0, POSITIONS), dtype=np.uint8)
