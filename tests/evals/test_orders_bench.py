"""Orders of modalities and the self-similarity loss, with a model that trains in seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.order_figures import Judge
from segue.evals.bench.orders import ORDERS, compare, order_named
from segue.evals.bench.self_similarity import curves
from segue.evals.bench.small_language import Study, held_nats, main_axes, train
from segue.evals.writing_order import WritingOrder
from segue.generator.base_model import load_tokenizer
from segue.generator.layout import CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES, Modality
from segue.generator.sequence import SequenceGenerator
from segue.generator.training.corpus import Corpus
from segue.generator.training.language import LanguageSettings
from segue.generator.training_data.example import Example, ExampleTurn

LAYOUT = CodeLayout(tuple((4 + m, 3, 2) for m in range(len(MODALITIES))))
"""Every modality has another size, so that codes in the wrong place are found out."""
WISHES = ("metal", "piano", "jazz", "disco", "folk", "techno")
BACKWARDS = WritingOrder(MODALITIES[::-1])


def draw(tracks: int, seed: int = 0) -> Codes:
    codes = np.random.default_rng(seed).integers(0, LAYOUT.sizes, (tracks, LAYOUT.sizes.size)).astype(np.uint8)
    codes[:, ::LEVELS] = codes[:, ::LEVELS].clip(1)
    return codes


@pytest.fixture(scope="module")
def smollm_tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer()


@pytest.fixture
def study(smollm_tokenizer: PreTrainedTokenizerFast) -> Study:
    """Requests of one word, each for a track of its own; those held out ask for the same tracks."""
    codes = draw(len(WISHES))
    codes[0, 6:9] = 0  # this track lacks a modality
    examples = [Example((ExampleTurn("user", text),), f"t{n}", "request", ()) for n, text in enumerate(WISHES)]
    known = {f"t{n}": row for n, row in enumerate(codes)}
    return Study(
        words=torch.randn(len(smollm_tokenizer), 32, generator=torch.Generator().manual_seed(0)),
        text=smollm_tokenizer, layout=LAYOUT, corpus=Corpus(examples * 3, known, dict.fromkeys(known, "a track")),
        catalog=codes, centroids=[torch.randn(size, 5) for size in np.array(LAYOUT.codewords).reshape(-1).tolist()],
        settings=LanguageSettings(
            epochs=40, batch=6, learning_rate=1e-2, head_rate=1e-2, self_similarity=0, sequence_share=1,
            held_out=6, steps=80,
        ),
    )  # fmt: skip


def test_what_is_written_in_an_order_is_read_back() -> None:
    codes = draw(3)
    order = WritingOrder((MODALITIES[4], *MODALITIES[:4], *MODALITIES[5:]))
    written = order.write(codes)
    assert np.array_equal(written[:, :3], codes[:, 12:15])
    assert np.array_equal(order.read(written), codes)
    assert order.layout(LAYOUT).codewords[0] == LAYOUT.codewords[4]
    order.layout(LAYOUT).check(written)
    assert order.write_all(range(27))[:4] == [12, 13, 14, 0]
    with pytest.raises(ValueError, match="each of the nine"):
        WritingOrder((Modality.AC,) * 9)


def test_every_order_has_its_name() -> None:
    sure = tuple(sorted(MODALITIES))
    orders = {name: order_named(name, sure).modalities for name in ORDERS}
    assert orders["shipped"] == MODALITIES == orders["reversed"][::-1]
    assert orders["surest first"] == sure == orders["surest last"][::-1]
    assert len({orders["random 1"], orders["random 2"], MODALITIES}) == 3


def test_what_was_learnt_backwards_is_judged_as_a_semantic_id(study: Study) -> None:
    trained = train(study, study.settings, BACKWARDS)
    heads, sequence = held_nats(study, trained)
    assert heads.shape == sequence.shape == (6, 27)
    assert not sequence[0, 6:9].any()  # the modality that the first track lacks, where a semantic ID has it
    # The sum is what the product's generator says of the same IDs.
    generator = SequenceGenerator(trained.model, trained.prompts, fingerprint="f")
    dialogue = trained.corpus.dialogue(trained.corpus.examples[study.held[2]])
    told = generator.log_likelihoods(dialogue, BACKWARDS.write(study.held_codes[2:3]))
    assert -told[0] == pytest.approx(sequence[2].sum(), rel=1e-3)
    figures = Judge(study, 6).sequence(trained, sequence)
    assert figures.level1 > 0.9
    assert figures.mrr > 0.9
    assert figures.mrr_given > 0.9


def test_rows_of_orders_stand_beside_the_baselines(study: Study) -> None:
    study = replace(study, settings=replace(study.settings, steps=30))
    rows, figures = compare(study, ["shipped", "surest last"], seeds=2, ranked=4, told=lambda text: None)
    found = {row.name: row.metrics for row in rows}
    assert list(found) == ["unigram", "by levels", "parallel", "parallel beside", "shipped", "surest last"]
    assert found["shipped"]["nats"] < 0.8 * found["unigram"]["nats"]
    assert found["parallel"]["nats"] < 0.8 * found["unigram"]["nats"]
    for name in ("unigram", "shipped", "surest last"):
        assert sum(found[name][str(m)] for m in MODALITIES) == pytest.approx(found[name]["nats"], rel=1e-4)
    assert found["shipped"]["by chance"] > 0
    distance = found["surest last"]["nats"] - found["shipped"]["nats"]
    assert found["surest last"]["worse, low"] <= distance <= found["surest last"]["worse, high"]
    assert "worse, low" not in found["shipped"]
    assert figures["codes that are known and so counted, of 27"] == pytest.approx((5 * 27 + 24) / 6)


def test_the_unigram_is_counted_by_hand(study: Study) -> None:
    unigram, by_levels = Judge(study, 2).priors()
    learnt = study.learnt_codes
    counts = np.bincount(learnt[:, 0], minlength=LAYOUT.sizes[0]) + 1
    share = counts[1:] / counts[1:].sum()
    level1 = -np.log(share[study.held_codes[:, 0].astype(int) - 1]).mean()
    assert 0 < level1 < unigram.metrics["AC"]
    deeper = 0.0
    for place in (1, 2):
        counts = np.bincount(learnt[:, place], minlength=LAYOUT.sizes[place]) + 1
        deeper += -np.log(counts / counts.sum())[study.held_codes[:, place]].mean()
    assert unigram.metrics["AC"] == pytest.approx(level1 + deeper, rel=1e-5)
    assert by_levels.metrics["nats"] > 0


def test_the_loss_brings_rows_nearer_to_their_code_vectors(study: Study) -> None:
    rows, figures = curves(
        replace(study, settings=replace(study.settings, steps=20)), [0, 20], seeds=1, points=2, told=lambda text: None
    )
    found = {row.name: row.metrics for row in rows}
    assert list(found) == ["0, step 10", "0, step 20", "20, step 10", "20, step 20"]
    assert found["20, step 20"]["distance"] < 0.9 * found["0, step 20"]["distance"]
    assert found["0, step 20"]["learnt"] < found["0, step 10"]["learnt"]
    assert figures["0: lowest held out"] <= found["0, step 20"]["held out"]
    assert figures["0: at step"] in (10, 20)


def test_words_keep_the_axes_along_which_they_differ_most() -> None:
    vectors = torch.zeros(4, 3)
    vectors[:, 1] = torch.tensor([3.0, -3, 1, -1])
    vectors[:, 2] = torch.tensor([0.1, 0.1, -0.1, -0.1])
    assert main_axes(vectors, 1).abs()[:, 0].tolist() == pytest.approx([3, 3, 1, 1], abs=1e-2)


def test_what_it_cannot_measure_it_refuses() -> None:
    for arguments in (
        ["orders", "--catalog", "x", "--orders", "alphabetical"],
        ["orders", "--catalog", "x", "--held-out", "6000"],
        ["self-similarity", "--catalog", "x", "--weights", "some"],
        ["self-similarity", "--catalog", "x", "--weights", "-1"],
    ):
        assert CliRunner().invoke(app, arguments).exit_code == 2, arguments
