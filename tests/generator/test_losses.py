import math

import pytest
import torch

from segue.generator.layout import DEFAULT_LAYOUT
from segue.generator.losses import (
    codebook_log_probabilities,
    codebook_losses,
    known_positions,
    mean_loss,
    mean_self_similarity_loss,
    self_similarity_loss,
)

ROWS = torch.randn(DEFAULT_LAYOUT.total, 8, generator=torch.Generator().manual_seed(0))
STATES = torch.randn(4, 27, 8, generator=torch.Generator().manual_seed(1))
CODES = torch.tensor([[3, 5, 7] * 9] * 3 + [[0, 0, 0] + [3, 5, 7] * 8])


def test_the_softmax_runs_over_the_positions_own_codebook() -> None:
    losses = codebook_losses(STATES, ROWS, CODES, DEFAULT_LAYOUT, learn_unknown=True)
    start, size = int(DEFAULT_LAYOUT.offsets[4]), int(DEFAULT_LAYOUT.sizes[4])
    logits = STATES[0, 4] @ ROWS[start : start + size].T
    assert float(losses[0, 4]) == pytest.approx(float(torch.logsumexp(logits, 0) - logits[5]), abs=1e-5)
    # Rows outside the codebook change nothing.
    other = ROWS.clone()
    other[:start] += 9
    other[start + size :] -= 9
    again = codebook_losses(STATES, other, CODES, DEFAULT_LAYOUT, learn_unknown=True)
    torch.testing.assert_close(again[:, 4], losses[:, 4])


def test_the_unknown_is_neither_predicted_nor_counted() -> None:
    log_p = codebook_log_probabilities(STATES[:, 0], ROWS, DEFAULT_LAYOUT, 0)
    assert torch.isneginf(log_p[:, 0]).all()
    torch.testing.assert_close(log_p[:, 1:].exp().sum(1), torch.ones(4))
    losses = codebook_losses(STATES, ROWS, CODES, DEFAULT_LAYOUT)
    counted = known_positions(CODES)
    assert counted.sum().item() == 27 * 4 - 3
    assert losses[3, :3].tolist() == [0, 0, 0]
    assert float(mean_loss(losses, counted)) == pytest.approx(float(losses[counted].mean()), abs=1e-5)
    assert float(mean_loss(losses * 0, counted & False)) == 0


def test_gradients_stay_finite_where_a_modality_is_unknown() -> None:
    states = STATES.clone().requires_grad_()
    codes = torch.zeros_like(CODES)
    codes[0] = CODES[0]
    mean_loss(codebook_losses(states, ROWS, codes, DEFAULT_LAYOUT, smoothing=0.1), known_positions(codes)).backward()  # type: ignore[no-untyped-call]
    assert states.grad is not None
    assert torch.isfinite(states.grad).all()
    assert states.grad[0].abs().sum() > 0
    assert states.grad[1:].abs().sum() == 0


def test_smoothing_never_rewards_certainty() -> None:
    sure = torch.zeros(1, 27, 8)
    plain = codebook_losses(sure, ROWS, CODES[:1], DEFAULT_LAYOUT, learn_unknown=True)
    smooth = codebook_losses(sure, ROWS, CODES[:1], DEFAULT_LAYOUT, learn_unknown=True, smoothing=0.2)
    assert plain[0, 0].item() == pytest.approx(math.log(129), abs=1e-4)
    torch.testing.assert_close(smooth, plain)


def test_self_similarity_is_nought_for_embeddings_that_mirror_the_centroids() -> None:
    centroids = torch.randn(20, 5, generator=torch.Generator().manual_seed(3))
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(4)))[0]
    assert float(self_similarity_loss(centroids @ rotation * 7, centroids)) == pytest.approx(0, abs=1e-5)
    # Two opposite centroids, two equal embeddings: S differs by 2 off the diagonal, by 0 on it.
    assert float(self_similarity_loss(torch.ones(2, 3), torch.tensor([[1.0], [-1.0]]))) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="do not stand for"):
        self_similarity_loss(torch.ones(3, 2), torch.ones(2, 2))


def test_self_similarity_teaches_rows_the_geometry_of_their_centroids() -> None:
    generator = torch.Generator().manual_seed(5)
    sizes = DEFAULT_LAYOUT.sizes.tolist()
    centroids = [
        torch.randn(size - (place % 3 == 0), 6, generator=generator) if place < 6 else None
        for place, size in enumerate(sizes)
    ]
    rows = ROWS.clone().requires_grad_()
    optimizer = torch.optim.Adam([rows], lr=0.05)
    first = mean_self_similarity_loss(rows, centroids, DEFAULT_LAYOUT)
    for _ in range(30):
        optimizer.zero_grad()
        loss = mean_self_similarity_loss(rows, centroids, DEFAULT_LAYOUT)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.7 * first.item()
    assert torch.equal(rows[0], ROWS[0]), "the unknown code has no centroid"
    assert float(mean_self_similarity_loss(ROWS, [None] * 27, DEFAULT_LAYOUT)) == 0
