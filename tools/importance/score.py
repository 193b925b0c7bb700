"""Scoring a message: the trained network behind one call, in a few milliseconds on one processor core.

Knows messages and weight files; training is `training.py`'s.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from segue.generator.errors import IntegrityError
from segue.generator.minilm import BASE_SHA256, MessageTokenizer, MiniLM, Precision, Tokens
from segue.tools.importance.network import ImportanceNetwork
from segue.tools.importance.weights import ModalityWeights

SHIPPED: Final = Path(__file__).resolve().parents[1] / "weights" / "importance"
WEIGHTS: Final = "importance.safetensors"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_BATCH: Final = 32


class ModalityImportance:
    """Says how much each modality matters to a message.

    importance = ModalityImportance.load()
    importance.score("something slower, by women").ST
    """

    def __init__(self, network: ImportanceNetwork) -> None:
        self._network = network.eval()
        self._tokenizer = MessageTokenizer()

    @classmethod
    def load(cls, folder: Path = SHIPPED, *, precision: Precision = "auto") -> Self:
        """Load the weights in `folder`; the shipped ones by default.

        Raises:
            IntegrityError: the weights are missing, damaged, or belong to another MiniLM than the one installed.
        """
        network = ImportanceNetwork(MiniLM.load())
        try:
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
            if manifest["format"] != FORMAT or manifest["base_sha256"] != BASE_SHA256:
                raise IntegrityError(f"{folder} belongs to another format or another MiniLM")
            network.body.adapt(int(manifest["rank"]), first=int(manifest["frozen_layers"]))
            stored = {key: value.float() for key, value in load_file(folder / WEIGHTS).items()}
            expected = set(trained_state(network))
            if set(stored) != expected:
                raise IntegrityError(f"{folder / WEIGHTS} holds other matrices than its manifest announces")
            network.load_state_dict(stored, strict=False)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise IntegrityError(f"the weights in {folder} cannot be read: {error}") from error
        network.body.ready(precision)
        return cls(network)

    def score(self, message: str, before: str = "") -> ModalityWeights:
        """Score one message; `before` is what the agent said last, or an empty text. An empty message scores 0."""
        return self.score_all([message], [before])[0]

    def score_all(self, messages: Sequence[str], before: Sequence[str] | None = None) -> list[ModalityWeights]:
        """Score many messages; the scores of one do not depend on the others."""
        earlier = [""] * len(messages) if before is None else list(before)
        if len(earlier) != len(messages):
            raise ValueError(f"{len(messages)} messages with {len(earlier)} texts before them")
        scored = [ModalityWeights()] * len(messages)
        spoken = sorted((i for i, text in enumerate(messages) if text.strip()), key=lambda i: len(messages[i]))
        for start in range(0, len(spoken), _BATCH):
            rows = spoken[start : start + _BATCH]
            tokens = self._tokenizer([messages[row] for row in rows], [earlier[row] for row in rows])
            for row, scores in zip(rows, self._run(tokens), strict=True):
                scored[row] = ModalityWeights.of(scores)
        return scored

    def _run(self, tokens: Tokens) -> list[list[float]]:
        with torch.inference_mode():
            scores: list[list[float]] = self._network(tokens).tolist()
        return scores


def trained_state(network: ImportanceNetwork) -> dict[str, torch.Tensor]:
    """Return what a weight file holds: the low-rank changes and the head, by name."""
    changes = {f"body.{key}": value for key, value in network.body.changes().items()}
    return changes | {f"head.{key}": value for key, value in network.head.state_dict().items()}
