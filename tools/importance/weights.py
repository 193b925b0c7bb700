"""The nine scores of a message, as a person sees and overrides them, and as matching takes them."""

from collections.abc import Sequence
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from segue.generator.modality import MODALITIES, Modality

Score = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class ModalityWeights(BaseModel):
    """Nine scores: 0 = does not matter, 10 = the message is about nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    AC: Score = 0.0
    BM: Score = 0.0
    ST: Score = 0.0
    SC: Score = 0.0
    MC: Score = 0.0
    RI: Score = 0.0
    SF: Score = 0.0
    AB: Score = 0.0
    TC: Score = 0.0

    @classmethod
    def of(cls, scores: Sequence[float] | NDArray[np.float32]) -> Self:
        """Return the weights for nine scores in semantic-ID order."""
        return cls(**{modality.value: float(score) for modality, score in zip(MODALITIES, scores, strict=True)})

    def __getitem__(self, modality: Modality) -> float:
        score: float = getattr(self, modality.value)
        return score

    def scores(self) -> NDArray[np.float32]:
        """Return the nine scores in semantic-ID order, float32 [9]."""
        return np.array([self[modality] for modality in MODALITIES], dtype=np.float32)

    def shares(self) -> NDArray[np.float32]:
        """Return the scores divided by their sum, float32 [9]: the weights that matching takes.

        Where no modality matters ("thanks!") none is preferred: nine equal shares.
        """
        scores = self.scores()
        total = float(scores.sum())
        return scores / np.float32(total) if total > 0 else np.full(len(MODALITIES), 1 / len(MODALITIES), np.float32)

    def top(self) -> Modality:
        """Return the modality with the highest score, the first in semantic-ID order among equals."""
        return MODALITIES[int(self.scores().argmax())]
