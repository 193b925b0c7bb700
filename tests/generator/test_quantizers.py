"""Every quantizer passes the same contract, on data whose clusters are known by construction."""

from dataclasses import replace
from itertools import pairwise
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from safetensors.numpy import load, save

from segue.generator.errors import UserError
from segue.generator.quantizers.autoencoder import Training
from segue.generator.quantizers.clusters import distinct
from segue.generator.quantizers.faiss_rq import FaissRQ
from segue.generator.quantizers.kmeans import KMeans
from segue.generator.quantizers.protocol import NotFitted, Quantizer, Step, Vectors
from segue.generator.quantizers.random_ids import RandomIds
from segue.generator.quantizers.registry import QUANTIZERS, quantizer_class, restore_quantizer
from segue.generator.quantizers.residual_kmeans import ResidualKMeans
from segue.generator.quantizers.rqvae import RQVAE
from segue.generator.quantizers.vqvae import VQVAE

QUICK = Training(epochs=40, batch=64, learning_rate=2e-3, decay=0.9)
SHORT = replace(QUICK, epochs=6)
"""For what holds of half-learnt codes too."""


def clusters(count: int, each: int = 30, dimension: int = 16, noise: float = 0.01) -> tuple[Vectors, np.ndarray]:
    """Tight clusters around orthogonal-ish far centres, and which cluster each row is of."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(count, dimension)) * 3
    labels = np.repeat(np.arange(count), each)
    return (centres[labels] + noise * rng.normal(size=(len(labels), dimension))).astype(np.float32), labels


def squared_error(a: Vectors, b: Vectors) -> float:
    return float(((a - b) ** 2).sum(axis=1).mean())


class Fitted(NamedTuple):
    quantizer: Quantizer
    vectors: Vectors
    steps: list[Step]


class QuantizerContract:
    """What every quantizer must do; subclasses say how to make one."""

    learns: ClassVar[bool] = True
    """False for the random control, whose codes must *not* follow the clusters."""

    def make(self, *sizes: int) -> Quantizer:
        raise NotImplementedError

    def make_short(self) -> Quantizer:
        """One that is fitted in less time, where fitting takes long."""
        return self.make(*self.levels())

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls) -> Fitted:
        """One training for all tests that only look at what came of it."""
        vectors, _ = clusters(12, noise=0.8)
        steps: list[Step] = []
        contract = cls()
        quantizer = contract.make(*contract.levels()).fit(vectors, seed=7, progress=steps.append)
        return Fitted(quantizer, vectors, steps)

    def levels(self) -> tuple[int, ...]:
        return (8, 4, 4)

    def test_codes_are_equal_exactly_when_the_cluster_is(self) -> None:
        vectors, labels = clusters(8, noise=0)
        codes = self.make(*self.levels()).fit(vectors, seed=3).encode(vectors)
        assert len(np.unique(np.column_stack([codes, labels]), axis=0)) == 8
        assert len(np.unique(codes, axis=0)) == 8

    def test_neighbours_share_the_coarse_code(self) -> None:
        vectors, labels = clusters(8)
        first = self.make(*self.levels()).fit(vectors, seed=3).encode(vectors)[:, 0]
        shared = np.mean([np.bincount(first[labels == label]).max() / 30 for label in range(8)])
        assert shared > 0.8 if self.learns else shared < 0.4

    def test_same_seed_same_codes(self) -> None:
        vectors, _ = clusters(12, noise=0.5)
        one, two = (self.make_short().fit(vectors, seed=7).encode(vectors) for _ in range(2))
        assert np.array_equal(one, two)

    def test_deeper_prefixes_reconstruct_better(self, fitted: Fitted) -> None:
        quantizer, vectors, _ = fitted
        codes = quantizer.encode(vectors)
        errors = [squared_error(vectors, quantizer.decode(codes[:, : n + 1])) for n in range(codes.shape[1])]
        spread = squared_error(vectors, np.broadcast_to(vectors.mean(axis=0), vectors.shape))
        # Levels are fitted where the codes live; behind an autoencoder's decoder one may cost a little on the way.
        slack = 1.15 if isinstance(quantizer, RQVAE) else 1.0
        assert all(deeper <= slack * above for above, deeper in pairwise(errors))
        assert errors[-1] < (0.6 if self.learns else 1.0) * spread

    def test_survives_saving(self, fitted: Fitted) -> None:
        quantizer, vectors, _ = fitted
        again = restore_quantizer(quantizer.kind, quantizer.config(), load(save(quantizer.tensors())))
        codes = quantizer.encode(vectors)
        assert again.sizes == quantizer.sizes
        assert np.array_equal(again.encode(vectors), codes)
        assert np.array_equal(again.decode(codes), quantizer.decode(codes))

    def test_rows_do_not_influence_each_other(self, fitted: Fitted) -> None:
        quantizer, vectors, _ = fitted
        assert np.array_equal(quantizer.encode(vectors)[40:50], quantizer.encode(vectors[40:50]))

    def test_shapes_and_codes_within_sizes(self, fitted: Fitted) -> None:
        quantizer, vectors, _ = fitted
        codes = quantizer.encode(vectors)
        assert codes.dtype == np.uint16
        assert codes.shape == (len(vectors), len(self.levels()))
        assert (codes < np.asarray(quantizer.sizes)).all()
        assert tuple(len(book) for book in quantizer.codebooks) == quantizer.sizes
        assert quantizer.decode(codes).shape == vectors.shape
        assert quantizer.encode(vectors[:0]).shape == (0, len(self.levels()))

    def test_training_reports_progress(self, fitted: Fitted) -> None:
        steps = fitted.steps
        assert steps[-1].done == steps[-1].total
        assert [step.done for step in steps] == sorted(step.done for step in steps)

    def test_refuses_what_cannot_be_coded(self, fitted: Fitted) -> None:
        vectors, _ = clusters(8)
        quantizer = self.make(*self.levels())
        with pytest.raises(NotFitted):
            quantizer.tensors()
        with pytest.raises(ValueError, match="n > 0"):
            quantizer.fit(vectors[:0])
        broken = vectors.copy()
        broken[3, 3] = np.nan
        with pytest.raises(ValueError, match="not finite"):
            quantizer.fit(broken)
        with pytest.raises(ValueError, match="level 1 has"):
            fitted.quantizer.decode(np.full((1, len(self.levels())), 999, dtype=np.uint16))


class TestResidualKMeans(QuantizerContract):
    def make(self, *sizes: int) -> Quantizer:
        return ResidualKMeans(sizes)

    def test_few_distinct_vectors_need_few_codes(self) -> None:
        vectors = np.eye(5, dtype=np.float32)[np.arange(500) % 5]
        quantizer = ResidualKMeans((8, 4, 4)).fit(vectors)
        assert quantizer.sizes == (5, 1, 1)
        assert squared_error(vectors, quantizer.decode(quantizer.encode(vectors))) == pytest.approx(0, abs=1e-9)

    def test_repeated_rows_weigh_as_told(self) -> None:
        vectors = np.asarray([[0.0], [1.0]], dtype=np.float32)[[0] * 99 + [1]]
        by_row = ResidualKMeans((1,), repeats=1.0).fit(vectors).codebooks[0]
        by_value = ResidualKMeans((1,), repeats=0.0).fit(vectors).codebooks[0]
        assert by_row.item() == pytest.approx(0.01, rel=1e-4)
        assert by_value.item() == pytest.approx(0.5)


class TestRQVAE(QuantizerContract):
    def make(self, *sizes: int) -> Quantizer:
        return RQVAE(sizes, latent=8, training=QUICK)

    def make_short(self) -> Quantizer:
        return RQVAE(self.levels(), latent=8, training=SHORT)

    def test_training_leaves_the_global_random_state_alone(self) -> None:
        import torch

        torch.manual_seed(1)
        expected = torch.rand(1)
        torch.manual_seed(1)
        RQVAE((4,), latent=4, training=Training(epochs=1)).fit(clusters(4)[0])
        assert torch.equal(torch.rand(1), expected)

    def test_all_vectors_alike(self) -> None:
        vectors = np.ones((50, 6), dtype=np.float32)
        quantizer = RQVAE((8, 4, 4), latent=4, training=Training(epochs=2)).fit(vectors)
        assert quantizer.sizes == (1, 1, 1)
        assert np.isfinite(quantizer.decode(quantizer.encode(vectors))).all()


class TestKMeans(QuantizerContract):
    def levels(self) -> tuple[int, ...]:
        return (8,)

    def make(self, *sizes: int) -> Quantizer:
        return KMeans(sizes)


class TestVQVAE(QuantizerContract):
    def levels(self) -> tuple[int, ...]:
        return (8,)

    def make(self, *sizes: int) -> Quantizer:
        return VQVAE(sizes, latent=8, training=QUICK)

    def make_short(self) -> Quantizer:
        return VQVAE(self.levels(), latent=8, training=SHORT)


class TestFaissRQ(QuantizerContract):
    def make(self, *sizes: int) -> Quantizer:
        return FaissRQ(sizes, restarts=20)

    def test_only_powers_of_two(self) -> None:
        with pytest.raises(ValueError, match="powers of two"):
            FaissRQ((128, 64, 31))

    def test_without_faiss_the_message_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "faiss", None)
        with pytest.raises(UserError, match="bench"):
            FaissRQ((4, 4, 4)).fit(clusters(8)[0])


class TestRandomIds(QuantizerContract):
    learns = False

    def make(self, *sizes: int) -> Quantizer:
        return RandomIds(sizes)

    def test_every_item_draws_anew_and_keeps_its_draw(self) -> None:
        quantizer = RandomIds((128, 64, 31), seed=4)
        keys = [f"track-{n}" for n in range(20_000)]
        codes = quantizer.encode_keys(keys)
        assert np.array_equal(quantizer.encode_keys(keys[100:105]), codes[100:105])
        load = np.bincount(codes[:, 0], minlength=128)
        assert load.min() > 100
        assert load.max() < 220
        assert not np.array_equal(RandomIds((128, 64, 31), seed=5).encode_keys(keys), codes)


def test_registry_names_every_kind() -> None:
    assert {kind: cls.kind for kind, cls in QUANTIZERS.items()} == {kind: kind for kind in QUANTIZERS}
    with pytest.raises(UserError, match="residual-kmeans, rq-vae"):
        quantizer_class("rqvae")


def test_distinct_finds_repeats() -> None:
    vectors = np.asarray([[1, 2], [3, 4], [1, 2], [1, 2]], dtype=np.float32)
    rows = distinct(vectors)
    assert np.array_equal(rows.vectors[rows.inverse], vectors)
    assert sorted(rows.counts) == [1, 3]
