"""The figures of `segue bench orders`: one trained model, or one prior, against what was held out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from segue.evals.bench.result import Row
from segue.evals.bench.sample import evenly
from segue.evals.bench.small_language import Study, Trained
from segue.evals.metrics import bootstrap_difference, ranks_of, reciprocal_rank
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution, log_code_prior
from segue.generator.layout import UNKNOWN, Codes
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS
from segue.generator.parallel import ParallelGenerator
from segue.generator.sequence import SequenceGenerator


@dataclass(frozen=True, eq=False)
class Figures:
    """What one training is worth on what was held out."""

    nats: NDArray[np.float32]
    """[held out, 27], as in a semantic ID; 0 where nothing is known."""
    level1: float
    mrr: float
    """In the whole catalog."""
    mrr_given: float
    """Among the tracks of the requests ranked."""


class Judge:
    """Holds models against the requests that a study holds out; `ranked` of them are answered."""

    def __init__(self, study: Study, ranked: int) -> None:
        self._study = study
        self._held = study.held_codes
        self._known = np.repeat(study.layout.known(self._held), LEVELS, axis=1)
        self._asked = evenly(study.held, ranked)
        self._targets = np.stack([study.corpus.target(study.corpus.examples[number]) for number in self._asked])
        self._prior = log_code_prior(study.catalog, study.layout).sum(axis=1)
        # Equal semantic IDs cannot be told apart by any of the systems: the first stands for all.
        first: dict[bytes, int] = {}
        for row, codes in enumerate(study.catalog):
            first.setdefault(codes.tobytes(), row)
        self._rows = [first[codes.tobytes()] for codes in self._targets]

    @property
    def counted(self) -> float:
        """Codes of a held-out semantic ID that are known, on average."""
        return float(self._known.sum(axis=1).mean())

    def priors(self) -> list[Row]:
        """Return the rows of what does not read the request."""
        study, learnt = self._study, self._study.learnt_codes
        unigram, commonest = np.zeros(self._held.shape, np.float32), np.zeros(POSITIONS, np.int64)
        for place, size in enumerate(study.layout.sizes.tolist()):
            known = learnt[:, place - place % LEVELS] != UNKNOWN
            counts = np.bincount(learnt[known, place], minlength=size).astype(float)
            commonest[place] = counts.argmax()
            counts[int(place % LEVELS == 0) :] += 1  # the unknown code is never asked for
            with np.errstate(divide="ignore"):
                unigram[:, place] = -np.log(counts / counts.sum())[self._held[:, place]]
        unigram[~self._known] = 0
        rows = [Row(name="unigram", metrics=self._nats([unigram]) | {"level 1": self._level1(commonest[None])})]
        catalog = {codes.tobytes(): row for row, codes in enumerate(study.catalog)}
        by_levels = log_code_prior(study.catalog, study.layout)[[catalog[codes.tobytes()] for codes in self._held]]
        metrics = {"nats": float(-by_levels.sum(axis=1).mean())}
        metrics |= {str(m): float(-by_levels[:, place].mean()) for place, m in enumerate(MODALITIES)}
        return [*rows, Row(name="by levels", metrics=metrics)]

    def heads(self, trained: Trained, nats: NDArray[np.float32]) -> Figures:
        """Return the figures of the parallel heads, `nats` [held out, 27] given."""
        generator = ParallelGenerator(trained.model, trained.prompts, fingerprint="small")
        said = [self._read(trained, generator.distribution(dialogue)) for dialogue in self._dialogues(trained)]
        asyncio.run(generator.aclose())
        given = np.stack([one.log_probabilities(self._targets).sum(axis=1) for one in said])
        return self._figures(nats, said, given)

    def sequence(self, trained: Trained, nats: NDArray[np.float32]) -> Figures:
        """Return the figures of the sequence, `nats` [held out, 27] given."""
        generator = SequenceGenerator(trained.model, trained.prompts, fingerprint="small")
        said, given = [], []
        written = trained.order.write(self._targets)
        for dialogue in self._dialogues(trained):
            said.append(self._read(trained, generator.distribution(dialogue)))
            given.append(generator.log_likelihoods(dialogue, written))
        asyncio.run(generator.aclose())
        return self._figures(nats, said, np.stack(given))

    def row(self, name: str, found: Sequence[Figures], against: Sequence[Figures] = ()) -> Row:
        """Return the means over trainings, and the distance in nats to other trainings."""
        metrics = self._nats([one.nats for one in found])
        metrics["level 1"] = float(np.mean([one.level1 for one in found]))
        metrics["mrr"] = float(np.mean([one.mrr for one in found]))
        metrics["mrr given"] = float(np.mean([one.mrr_given for one in found]))
        if against and against is not found:
            ours, theirs = (np.mean([one.nats.sum(axis=1) for one in side], axis=0) for side in (found, against))
            each = [str(number) for number in range(len(ours))]
            low, high = bootstrap_difference(ours.astype(np.float64), theirs.astype(np.float64), each, samples=1_000)
            metrics |= {"worse, low": low, "worse, high": high}
        return Row(name=name, metrics=metrics)

    def by_modality(self, nats: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean nats of the three codes of each modality where it is known: [9]; infinite where it never is.

        `nats` [held out, 27].
        """
        known = self._study.layout.known(self._held).sum(axis=0)
        sums = nats.reshape(-1, len(MODALITIES), LEVELS).sum(axis=(0, 2), dtype=np.float64)
        means: NDArray[np.float64] = np.where(known > 0, sums / np.maximum(known, 1), np.inf)
        return means

    def _nats(self, found: Sequence[NDArray[np.float32]]) -> dict[str, float]:
        totals = [float(one.sum(axis=1).mean()) for one in found]
        mean = np.mean(found, axis=0)
        metrics = {"nats": float(np.mean(totals)), "a position": float(mean.sum() / self._known.sum())}
        if len(totals) > 1:
            metrics["by chance"] = float(np.ptp(totals))
        by_modality = mean.reshape(-1, len(MODALITIES), LEVELS).sum(axis=2).mean(axis=0)
        return metrics | {str(m): float(by_modality[place]) for place, m in enumerate(MODALITIES)}

    def _figures(
        self, nats: NDArray[np.float32], said: Sequence[CodeDistribution], given: NDArray[np.float32]
    ) -> Figures:
        everything = np.ones(len(self._study.catalog), dtype=bool)
        soft = [
            reciprocal_rank(
                ranks_of(one.log_probabilities(self._study.catalog).sum(axis=1) - self._prior, [row], everything)
            )
            for one, row in zip(said, self._rows, strict=True)
        ]
        # A track that every request makes likely is no answer to this one.
        scores = (given - logsumexp(given, axis=0)).astype(np.float32)
        among = np.ones(len(scores), dtype=bool)
        own = [reciprocal_rank(ranks_of(scores[number], [number], among)) for number in range(len(scores))]
        best = np.stack([one.best for one in said])
        return Figures(nats, self._level1(best, self._targets), float(np.mean(soft)), float(np.mean(own)))

    def _level1(self, best: NDArray[Any], wanted: Codes | None = None) -> float:
        """Return the share of known modalities whose first code is that of `best` [n or 1, 27]."""
        true = (self._held if wanted is None else wanted)[:, ::LEVELS]
        return float((best[:, ::LEVELS] == true)[true != UNKNOWN].mean())

    def _dialogues(self, trained: Trained) -> list[Dialogue]:
        return [trained.corpus.dialogue(trained.corpus.examples[number]) for number in self._asked]

    def _read(self, trained: Trained, said: CodeDistribution) -> CodeDistribution:
        return trained.order.distribution(self._study.layout, said)
