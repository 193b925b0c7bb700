"""Phrases: a second opinion on the act, from the words and pairs of words of a message and of what was said before it.

A small encoder sees what a message is like, this sees how it is put ("can we add", "who", "any more"); together they
err less than either. Multinomial logistic regression on TF-IDF; scikit-learn fits it, answering needs a dictionary.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from segue.agent.hear.cues import CUES
from segue.agent.wish import ACTS
from segue.generator.errors import IntegrityError
from segue.tools.search.words import keys

WEIGHTS: Final = "phrases.safetensors"
VOCABULARY: Final = "phrases.json"
SHARE: Final = 0.5
"""Weight of this opinion beside the network's, in logarithms; .2 to .7 measured within a point of each other."""
_MOST_WORDS: Final = 60
_BEFORE: Final = 120
"""Last characters of what was said before that are read."""
_BEFORE_WEIGHT: Final = 0.5
_RARE: Final = 2
"""Phrases of fewer training messages are left out."""
_STRENGTH: Final = 4.0
"""Inverse of the regularisation."""

Floats = NDArray[np.float32]


class PhraseModel:
    """Gives each act a probability. Safe to share between threads."""

    def __init__(self, vocabulary: dict[str, int], idf: Floats, weights: Floats, bias: Floats) -> None:
        """Take the phrases with their numbers, idf [phrases], weights [acts, phrases + cues] and bias [acts]."""
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.bias = bias

    def __call__(self, text: str, before: str, cues: Floats) -> Floats:
        """Return the probabilities of the acts, in the order of `ACTS`."""
        logits = self.bias + self.weights[:, len(self.vocabulary) :] @ cues
        for number, value in self.row(text, before).items():
            logits = logits + self.weights[:, number] * np.float32(value)
        exponents = np.exp(logits - logits.max())
        shares: Floats = exponents / exponents.sum()
        return shares

    def row(self, text: str, before: str) -> dict[int, float]:
        """Return the TF-IDF of the phrases of a message, message and context each of unit length."""
        values: dict[int, float] = {}
        for phrases, scale in ((_phrases(text), 1.0), (_context(before), _BEFORE_WEIGHT)):
            part = {
                number: (1 + math.log(count)) * float(self.idf[number])
                for phrase, count in phrases.items()
                if (number := self.vocabulary.get(phrase)) is not None
            }
            norm = math.sqrt(sum(value * value for value in part.values())) or 1.0
            values |= {number: scale * value / norm for number, value in part.items()}
        return values

    @classmethod
    def fit(cls, texts: Sequence[str], before: Sequence[str], cues: Floats, acts: Sequence[str]) -> Self:
        """Fit to messages with what was said before them, their cues [messages, CUES] and their acts."""
        from scipy.sparse import csr_matrix, hstack
        from sklearn.linear_model import LogisticRegression

        counts: Counter[str] = Counter()
        for text, earlier in zip(texts, before, strict=True):
            counts.update(set(_phrases(text)) | set(_context(earlier)))
        kept = sorted(phrase for phrase, count in counts.items() if count >= _RARE)
        vocabulary = {phrase: number for number, phrase in enumerate(kept)}
        idf = np.array([math.log((1 + len(texts)) / (1 + counts[phrase])) + 1 for phrase in kept], dtype=np.float32)
        model = cls(
            vocabulary, idf, np.zeros((len(ACTS), len(kept) + CUES), np.float32), np.zeros(len(ACTS), np.float32)
        )
        rows, columns, values = [], [], []
        for place, (text, earlier) in enumerate(zip(texts, before, strict=True)):
            for number, value in model.row(text, earlier).items():
                rows.append(place)
                columns.append(number)
                values.append(value)
        phrases = csr_matrix((values, (rows, columns)), shape=(len(texts), len(kept)))
        regression = LogisticRegression(C=_STRENGTH, max_iter=3000)
        regression.fit(hstack([phrases, csr_matrix(cues)]).tocsr(), list(acts))
        # An act that no message has keeps weight 0 and a bias that rules it out.
        model.bias[:] = -20
        for place, act in enumerate(regression.classes_):
            model.weights[ACTS.index(act)] = regression.coef_[place]
            model.bias[ACTS.index(act)] = regression.intercept_[place]
        return model

    def save(self, folder: Path) -> None:
        """Write the phrases and their weights (half precision) into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {"idf": self.idf, "weights": self.weights, "bias": self.bias}
        save_file(
            {key: np.ascontiguousarray(value.astype(np.float16)) for key, value in arrays.items()}, folder / WEIGHTS
        )
        text = json.dumps(list(self.vocabulary), ensure_ascii=False, separators=(",", ":"))
        (folder / VOCABULARY).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            IntegrityError: it is missing or damaged, or its parts do not belong together.
        """
        try:
            phrases = json.loads((folder / VOCABULARY).read_text("utf-8"))
            arrays = {key: value.astype(np.float32) for key, value in load_file(folder / WEIGHTS).items()}
            idf, weights, bias = (arrays[key] for key in ("idf", "weights", "bias"))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise IntegrityError(f"the phrases in {folder} cannot be read: {error}") from error
        if (
            idf.shape != (len(phrases),)
            or weights.shape != (len(ACTS), len(phrases) + CUES)
            or bias.shape != (len(ACTS),)
        ):
            raise IntegrityError(f"{folder / WEIGHTS} does not belong to its phrases")
        return cls({phrase: number for number, phrase in enumerate(phrases)}, idf, weights, bias)


def _phrases(text: str) -> Counter[str]:
    head = text[:2000]
    found = [*keys(head)[:_MOST_WORDS]]
    marks = [mark for mark in "?!" if mark in head]
    return Counter([*found, *(f"{first} {second}" for first, second in pairwise(["^", *found, "$"])), *marks])


def _context(before: str) -> Counter[str]:
    return Counter({f"< {phrase}": count for phrase, count in _phrases(before[-_BEFORE:]).items()})
