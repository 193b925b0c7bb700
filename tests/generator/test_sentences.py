"""Sentence vectors: the bundled MiniLM as sentence-transformers runs it, and without importing that library."""

import subprocess
import sys

import numpy as np
import pytest

from segue.generator.minilm import base_folder
from segue.generator.sentences import BUNDLED, SentenceEncoder, fingerprint_of

TEXTS = (
    "some mellow 90s rock",
    "",
    "Ünïcode 🎵 música para bailar",
    "[CLS] is no order [SEP]",
    " ".join(["a long talk about jazz and its history"] * 60),
)


@pytest.fixture(scope="module")
def theirs() -> SentenceEncoder:
    """Return the same weights as any model by its folder, which sentence-transformers runs."""
    return SentenceEncoder(str(base_folder()))


def test_vectors_are_those_of_sentence_transformers(theirs: SentenceEncoder) -> None:
    ours = SentenceEncoder()
    vectors = ours.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), ours.dimension) == (len(TEXTS), theirs.dimension)
    assert np.allclose(vectors, theirs.encode(TEXTS), atol=1e-6)
    assert np.allclose(vectors[0], ours.encode(TEXTS[:1])[0], atol=1e-6)
    assert ours.encode([]).shape == (0, ours.dimension)


def test_the_fingerprint_is_that_of_the_weights(theirs: SentenceEncoder) -> None:
    weights = theirs._model.state_dict()
    assert SentenceEncoder().fingerprint == fingerprint_of(BUNDLED, weights)
    changed = {name: weight + 1 if name.endswith("pooler.dense.bias") else weight for name, weight in weights.items()}
    assert fingerprint_of(BUNDLED, changed) != SentenceEncoder().fingerprint


def test_a_first_vector_waits_for_no_large_library() -> None:
    code = (
        "import sys; from segue.generator.sentences import SentenceEncoder; SentenceEncoder().encode(['x']);"
        "sys.exit(str(sys.modules.keys() & {'sentence_transformers', 'transformers', 'sklearn'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"
