"""The weights that ship: they load, belong to the shipped tokenizer, and have learnt something."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from segue.generator import shipped
from segue.generator.compact_generator import COMPACT, CompactGenerator
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import log_code_prior
from segue.generator.errors import TokenizerMismatch
from segue.generator.half import halves_run
from segue.generator.language_files import LANGUAGE
from segue.generator.layout import Codes
from segue.generator.names import fold
from segue.generator.shipped import compact_generator, parallel_generator, sequence_generator
from segue.generator.tokenizer_files import read_fingerprint
from segue.generator.track import Track
from segue.tools.catalog.remembered_codes import RememberedCodes


def test_weights_speak_the_codes_of_the_shipped_tokenizer() -> None:
    assert compact_generator(tokenizer=read_fingerprint()).fingerprint == read_fingerprint()
    language = json.loads((LANGUAGE / "manifest.json").read_text(encoding="utf-8"))
    assert language["tokenizer"] == read_fingerprint()
    for build in (compact_generator, parallel_generator, sequence_generator):
        with pytest.raises(TokenizerMismatch):
            build(tokenizer="codes of another tokenizer")


@pytest.mark.parametrize("folder", [COMPACT, LANGUAGE], ids=lambda folder: folder.name)
def test_a_manifest_tells_what_the_weights_were_made_of(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {"command", "data", "examples", "seed", "tokenizer", "base"} <= manifest.keys()
    assert "/" not in json.dumps(manifest)
    assert all(len(digest) == 64 for digest in manifest["data"].values())


@pytest.fixture(scope="module")
def codes(shipped_tracks: tuple[Track, ...]) -> Codes:
    known, codes = RememberedCodes.load().find(shipped_tracks)
    assert known.all()
    return codes


@pytest.fixture(scope="module")
def generator() -> CompactGenerator:
    return compact_generator()


@pytest.mark.parametrize(
    ("wish", "artist"), [("play some Nirvana", "nirvana"), ("songs by Miles Davis", "miles davis"), ("abba", "abba")]
)
def test_an_artist_asked_for_by_name_is_among_the_first_tracks(
    wish: str, artist: str, shipped_tracks: tuple[Track, ...], codes: Codes, generator: CompactGenerator
) -> None:
    scores = generator.distribution(Dialogue.of(wish)).score(codes, log_code_prior(codes, generator.layout), np.ones(9))
    first = [shipped_tracks[row] for row in np.argsort(-scores)[:10]]
    assert any(fold(track.artist) == artist for track in first), [str(t.artist) for t in first]


@pytest.mark.skipif(not halves_run(), reason="no product of halves on this processor")
def test_halved_matrices_change_no_answer_of_the_shipped_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "halves_pay", lambda: True)
    wish = Dialogue.of("something mellow from the late nineties, guitars, maybe a woman singing")
    # Read once for both: what differs is how it is run.
    loaded = shipped._language(LANGUAGE, None, torch.float32)
    monkeypatch.setattr(shipped, "_language", lambda folder, tokenizer, dtype: loaded)
    exact = parallel_generator(dtype=torch.float32).distribution(wish)
    halved = parallel_generator().distribution(wish)
    for one, other in zip(exact.modalities, halved.modalities, strict=True):
        assert one.best == other.best
        np.testing.assert_allclose(np.exp(one.log_first), np.exp(other.log_first), atol=2e-3)
