"""The trained model behind one call: what a reading says, as probabilities and stretches of words.

Knows readings and weight files; what follows for a wish is `hearer.py`'s business.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from segue.agent.hear.network import BEGIN, OUTSIDE, POLARITIES, SCOPES, WITHIN, HearNetwork, batch_of
from segue.agent.hear.phrases import SHARE, PhraseModel
from segue.agent.hear.reading import Reading
from segue.agent.wish import ACTS, FACET_KINDS, Act, Polarity
from segue.generator.errors import IntegrityError
from segue.generator.minilm import BASE_SHA256, MiniLM, Precision

SHIPPED: Final = Path(__file__).resolve().parent / "weights"
WEIGHTS: Final = "hear.safetensors"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1

_IS_NAME: Final = np.array([kind in ("artists", "titles", "albums") for kind in FACET_KINDS], dtype=np.float32)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Stretch:
    """A facet that a stretch of words names."""

    first: int
    stop: int
    """Words `first` to `stop` (exclusive)."""
    kind: str
    polarity: Polarity
    score: float
    """Mean probability that its words belong to a facet."""


@dataclass(frozen=True)
class Sense:
    """What the model makes of a message."""

    acts: dict[Act, float]
    scopes: dict[str, float]
    stretches: tuple[Stretch, ...]
    kinds: Floats
    """Shape (words, facets): probabilities."""
    polarities: Floats
    """Shape (words, 3): probabilities."""
    inside: Floats
    """Shape (words,): probability that a word belongs to a facet."""

    def polarity(self, first: int, stop: int) -> Polarity:
        """Return what is likeliest wanted with the words `first` to `stop` (exclusive)."""
        return POLARITIES[int(self.polarities[first:stop].mean(axis=0).argmax())]


class HearModel:
    """Runs the network. Safe to share between threads."""

    def __init__(self, network: HearNetwork, phrases: PhraseModel) -> None:
        self._network = network.eval()
        self._phrases = phrases

    @classmethod
    def load(cls, folder: Path = SHIPPED, *, precision: Precision = "auto") -> Self:
        """Load the weights in `folder`; the shipped ones by default.

        Raises:
            IntegrityError: the weights are missing, damaged, or belong to another MiniLM than the one installed.
        """
        network = HearNetwork(MiniLM.load())
        try:
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
            if manifest["format"] != FORMAT or manifest["base_sha256"] != BASE_SHA256:
                raise IntegrityError(f"{folder} belongs to another format or another MiniLM")
            network.body.adapt(int(manifest["rank"]), first=int(manifest["frozen_layers"]))
            stored = {key: value.float() for key, value in load_file(folder / WEIGHTS).items()}
            if set(stored) != set(network.trained()):
                raise IntegrityError(f"{folder / WEIGHTS} holds other matrices than its manifest announces")
            network.load_state_dict(stored, strict=False)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise IntegrityError(f"the weights in {folder} cannot be read: {error}") from error
        network.body.ready(precision)
        return cls(network, PhraseModel.load(folder))

    def __call__(self, reading: Reading) -> Sense:
        """Return what the model makes of `reading`."""
        with torch.inference_mode():
            answers = self._network(batch_of([reading]))
            acts, scopes, tags, kinds, polarities = (answer[0].softmax(-1).numpy() for answer in answers)
        count = len(reading.words)
        second = self._phrases(reading.text, reading.before, reading.cues)
        joint = np.exp((1 - SHARE) * np.log(acts + 1e-6) + SHARE * np.log(second + 1e-6))
        acts = joint / joint.sum()
        return Sense(
            acts=dict(zip(ACTS, acts.tolist(), strict=True)),
            scopes=dict(zip(SCOPES, scopes.tolist(), strict=True)),
            stretches=tuple(_stretches(tags[:count], kinds, polarities)),
            kinds=kinds[:count],
            polarities=polarities[:count],
            inside=1 - tags[:count, OUTSIDE],
        )


def _stretches(tags: Floats, kinds: Floats, polarities: Floats) -> list[Stretch]:
    """Decode the likeliest tags in which "within" never follows "outside" (Viterbi); judge each stretch as a whole."""
    found = []
    path = _path(np.log(np.maximum(tags, 1e-9)))
    starts = [place for place, tag in enumerate(path) if tag == BEGIN]
    for start in starts:
        stop = start + 1
        while stop < len(path) and path[stop] == WITHIN:
            stop += 1
        polarity = POLARITIES[int(polarities[start:stop].mean(axis=0).argmax())]
        by_kind = kinds[start:stop].mean(axis=0)
        # Only names are compared with.
        kind = FACET_KINDS[int((by_kind * _IS_NAME if polarity == "like" else by_kind).argmax())]
        score = float((1 - tags[start:stop, OUTSIDE]).mean())
        found.append(Stretch(start, stop, kind, polarity, score))
    return found


def _path(scores: Floats) -> list[int]:
    if not len(scores):
        return []
    best = scores[0].copy()
    best[WITHIN] = -np.inf
    back = []
    for row in scores[1:]:
        before = np.array([best.argmax(), best.argmax(), BEGIN if best[BEGIN] >= best[WITHIN] else WITHIN])
        best = best[before] + row
        back.append(before)
    path = [int(best.argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return path[::-1]
