import numpy as np
import pytest
import torch

from segue.generator.heads import LevelHeads, ModalityQueries, TokenReader
from segue.generator.layout import CodeLayout
from segue.generator.losses import known_positions, mean_loss

LAYOUT = CodeLayout(((6, 4, 3),) * 9)


MIXED = CodeLayout((*((6, 4, 3),) * 3, *((2, 7, 5),) * 5, (9, 1, 1)))


def random_codes(count: int, seed: int = 0, layout: CodeLayout = LAYOUT) -> torch.Tensor:
    random = np.random.default_rng(seed)
    codes = np.stack([random.integers(0, layout.sizes) for _ in range(count)])
    triples = codes.reshape(count, 9, 3)
    triples[triples[..., 0] == 0] = 0
    return torch.as_tensor(codes)


def trained(reader: torch.nn.Module, inputs: torch.Tensor, codes: torch.Tensor, width: int = 32) -> LevelHeads:
    heads = LevelHeads(width, LAYOUT, rank=4)
    optimizer = torch.optim.AdamW([*reader.parameters(), *heads.parameters()], lr=0.02)
    for _ in range(120):
        optimizer.zero_grad()
        loss = mean_loss(heads.losses(reader(inputs), codes), known_positions(codes))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return heads.eval()


@pytest.mark.parametrize("layout", [LAYOUT, MIXED])
def test_the_distribution_is_the_one_that_the_loss_trains(layout: CodeLayout) -> None:
    torch.manual_seed(0)
    heads = LevelHeads(32, layout, rank=4)
    with torch.no_grad():
        for parameter in heads.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.5)
    states, codes = torch.randn(5, 9, 32), random_codes(5, layout=layout)
    losses = heads.losses(states, codes).detach().view(5, 9, 3).sum(-1).numpy()
    for row in range(5):
        log_p = heads.distribution(states[row]).log_probabilities(codes[row : row + 1].numpy())
        np.testing.assert_allclose(-log_p[0], losses[row], rtol=1e-4, atol=1e-4)


def test_unknown_modalities_are_not_learnt() -> None:
    torch.manual_seed(0)
    heads = LevelHeads(32, LAYOUT)
    codes = random_codes(8)
    states = torch.randn(8, 9, 32, requires_grad=True)
    losses = heads.losses(states, codes)
    unknown = codes.view(8, 9, 3)[..., 0] == 0
    assert unknown.any()
    assert (losses.view(8, 9, 3)[unknown] == 0).all()
    losses.sum().backward()  # type: ignore[no-untyped-call]
    assert states.grad is not None
    assert torch.isfinite(states.grad).all()
    assert (states.grad[unknown] == 0).all()
    assert (states.grad[~unknown] != 0).any(dim=-1).all()


class Whole(torch.nn.Module):
    """A reader of prompts without padding."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = TokenReader(20, 36, dropout=0.0)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.reader(tokens, torch.ones(tokens.shape[:2], dtype=torch.bool))
        return states


def test_heads_learn_which_prompt_asks_for_which_codes() -> None:
    torch.manual_seed(1)
    tokens, codes = torch.randn(24, 5, 20), random_codes(24, seed=1)
    whole = Whole()
    heads = trained(whole, tokens, codes, whole.reader.width)
    states = whole(tokens).detach()
    for row in range(24):
        best = heads.distribution(states[row]).best.reshape(9, 3)
        wanted = codes[row].view(9, 3).numpy()
        known = wanted[:, 0] != 0
        assert np.array_equal(best[known], wanted[known])
    # Padding on either side changes nothing.
    for before, after in ((3, 0), (0, 2)):
        real = torch.tensor([False] * before + [True] * 5 + [False] * after).expand(24, -1)
        padded = torch.cat((torch.full((24, before, 20), 9.0), tokens, torch.full((24, after, 20), -9.0)), dim=1)
        torch.testing.assert_close(whole.reader(padded, real), states, atol=1e-5, rtol=1e-5)


def test_queries_find_the_token_that_speaks_of_their_modality() -> None:
    torch.manual_seed(2)
    codes = random_codes(16, seed=2)
    tokens = torch.randn(16, 7, 20)
    reader = ModalityQueries(20, 32, attention_heads=4, dropout=0.0)
    heads = trained(reader, tokens, codes)
    loss = mean_loss(heads.losses(reader(tokens), codes), known_positions(codes))
    assert loss.item() < 0.3
    # Padding changes nothing, wherever it is added.
    padded = torch.cat((tokens, torch.full((16, 3, 20), 9.0)), dim=1)
    mask = torch.zeros(16, 10, dtype=torch.bool)
    mask[:, 7:] = True
    torch.testing.assert_close(reader(padded, mask), reader(tokens), atol=1e-5, rtol=1e-5)


def test_the_default_heads_fit_the_default_layout() -> None:
    heads = LevelHeads(16)
    distribution = heads.distribution(torch.zeros(9, 16))
    assert distribution.best.shape == (27,)
    assert np.exp(distribution.soft_tables()[2].astype(np.float64)).sum() == pytest.approx(1, abs=1e-4)
