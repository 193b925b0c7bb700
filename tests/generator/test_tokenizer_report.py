"""The report tells a healthy tokenizer from a collapsed one, and its figures are what they say."""

import numpy as np
import pytest

from segue.generator.encoders.features import Features
from segue.generator.encoders.store import default_encoders
from segue.generator.modality import Modality
from segue.generator.quantizers.residual_kmeans import ResidualKMeans
from segue.generator.sentences import HashingEncoder
from segue.generator.tokenizer import Tokenizer
from segue.generator.tokenizer_report import TokenizerReport, hubness, report

SIZES = (16, 8, 4)


def features_of(vectors: np.ndarray, *, unknown: int = 0) -> dict[Modality, Features]:
    known = np.arange(len(vectors) + unknown) < len(vectors)
    return {Modality.ST: Features.scatter(known, vectors.astype(np.float32))}


def measured(train: np.ndarray, on: np.ndarray, *, unknown: int = 0) -> TokenizerReport:
    encoders = default_encoders(HashingEncoder())
    tokenizer = Tokenizer.fit(features_of(train), {Modality.ST: encoders[Modality.ST]}, sizes=SIZES)
    features = features_of(on, unknown=unknown)
    return report(tokenizer, features, tokenizer.encode_features(features))


def cloud(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 6))


def test_a_healthy_tokenizer_has_no_problems() -> None:
    found = measured(cloud(600), cloud(600), unknown=200)
    st = found.modalities[Modality.ST]
    assert found.problems == []
    assert st.unknown == pytest.approx(0.25)
    assert [level.codes for level in st.levels] == [16, 8, 4]
    assert [level.dead for level in st.levels] == [0, 0, 0]
    assert 1 > st.levels[0].error > st.levels[1].error > st.levels[2].error > 0
    assert all(sum(level.usage) == 600 for level in st.levels)
    assert all(1 < level.perplexity <= level.codes for level in st.levels)
    assert not found.modalities[Modality.AB].trained
    assert found.modalities[Modality.AB].unknown == 1


def test_collapse_is_named() -> None:
    # The codebooks were made for a wide world, the tracks all sit in one of its corners.
    corner = cloud(1)[:1] + 0.001 * cloud(500, seed=2)
    found = measured(cloud(600), corner)
    assert any(problem.startswith("ST level 1 has collapsed") for problem in found.problems)


def test_few_values_are_measured_against_the_values_there_are() -> None:
    few = np.repeat(cloud(12), 30, axis=0)
    st = measured(few, few).modalities[Modality.ST]
    assert st.values == 12
    assert st.levels[0].reachable == 12
    assert st.levels[0].used == 12
    assert st.collisions == 0
    assert [level.reachable for level in st.levels[1:]] == [1, 1]


def test_whole_ids_are_counted() -> None:
    vectors = np.repeat(np.eye(6)[:3], (5, 3, 1), axis=0)
    found = measured(vectors, vectors)
    assert (found.ids, found.largest, found.tie_breaks) == (3, 5, 6)
    assert found.colliding == pytest.approx(8 / 9)


def test_even_use_has_full_perplexity() -> None:
    vectors = np.repeat(np.eye(6), 10, axis=0)
    assert measured(vectors, vectors).modalities[Modality.ST].levels[0].perplexity == pytest.approx(6)


def test_hubs_are_seen() -> None:
    rng = np.random.default_rng(0)
    even = np.column_stack([np.cos(np.arange(400)), np.sin(np.arange(400))]).astype(np.float32)
    # Euclidean distances in many dimensions concentrate, and what lies near the mean becomes everybody's neighbour.
    hubs = rng.normal(size=(400, 200)).astype(np.float32)
    flat, skewed = hubness(even), hubness(hubs)
    assert flat is not None
    assert skewed is not None
    assert abs(flat) < 0.5
    assert skewed > 2
    assert hubness(even[:15]) is None


def test_no_tracks_no_report() -> None:
    vectors = cloud(50).astype(np.float32)
    encoders = default_encoders(HashingEncoder())
    quantizer = ResidualKMeans(SIZES).fit(vectors)
    tokenizer = Tokenizer(encoders, {Modality.ST: quantizer}, Tokenizer.fit(features_of(vectors), encoders).layout)
    with pytest.raises(ValueError, match="no tracks"):
        report(tokenizer, {}, np.zeros((0, 27), dtype=np.uint8))


def test_a_level_with_nothing_left_to_say_has_not_collapsed() -> None:
    # Sixteen far apart values with the faintest noise: the first level says it all.
    rng = np.random.default_rng(3)
    vectors = np.repeat(cloud(16) * 50, 40, axis=0) + 0.01 * rng.normal(size=(640, 6)) ** 5
    found = measured(vectors, vectors)
    assert found.modalities[Modality.ST].levels[0].error < 0.001
    assert found.problems == []


def test_one_value_on_most_tracks_is_no_collapse() -> None:
    vectors = np.concatenate([cloud(600), np.repeat(cloud(1, seed=9), 20_000, axis=0)])
    found = measured(vectors, vectors)
    first = found.modalities[Modality.ST].levels[0]
    assert first.perplexity < 2 < 10 < first.value_perplexity
    assert found.problems == []
