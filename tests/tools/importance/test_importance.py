import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from segue.generator.errors import IntegrityError, SourceError
from segue.generator.modality import Modality
from segue.tools.importance.messages import LabelledMessage, read_messages
from segue.tools.importance.network import expected
from segue.tools.importance.score import MANIFEST, SHIPPED, WEIGHTS, ModalityImportance
from segue.tools.importance.training import TrainingSettings, save, train
from segue.tools.importance.weights import ModalityWeights


@pytest.fixture(scope="module")
def importance() -> ModalityImportance:
    return ModalityImportance.load()


@pytest.mark.parametrize(
    ("message", "modality", "least"),
    [
        ("play me something by Radiohead", Modality.AC, 7),
        ("some sad jazz for a rainy evening", Modality.ST, 7),
        ("songs that came out in 1994", Modality.RI, 5),
        ("something around 120 bpm", Modality.MC, 4),
    ],
)
def test_what_a_message_is_about_scores_high(
    importance: ModalityImportance, message: str, modality: Modality, least: float
) -> None:
    assert importance.score(message)[modality] >= least


def test_small_talk_and_silence_are_about_nothing(importance: ModalityImportance) -> None:
    assert importance.score("thanks, bye!").scores().max() <= 1
    assert importance.score("  ") == ModalityWeights()


def test_what_was_said_before_counts(importance: ModalityImportance) -> None:
    assert importance.score("yes please", "Shall I play more jazz?") != importance.score("yes please")


def test_a_message_scores_the_same_alone_and_in_company(importance: ModalityImportance) -> None:
    messages = ["rock", "a much longer message about slow songs with a piano and a woman singing", "", "x" * 9_000]
    together = importance.score_all(messages, ["hello"] * 4)
    for message, scored in zip(messages, together, strict=True):
        assert scored.scores() == pytest.approx(importance.score(message, "hello").scores(), abs=0.05)


def test_eight_bits_score_nearly_as_float32(importance: ModalityImportance) -> None:
    messages = ["play Creep by Radiohead", "sad jazz", "anything from the 80s", "who produced this?", "faster please"]
    exact = ModalityImportance.load(precision="float32").score_all(messages)
    whole = ModalityImportance.load(precision="int8").score_all(messages)
    difference = np.abs([a.scores() - b.scores() for a, b in zip(exact, whole, strict=True)])
    assert difference.mean() < 0.25


def test_shares_add_up_to_one_and_prefer_nothing_where_nothing_matters() -> None:
    assert ModalityWeights(AC=6, ST=2).shares().tolist() == pytest.approx([0.75, 0, 0.25, 0, 0, 0, 0, 0, 0])
    assert ModalityWeights().shares() == pytest.approx(np.full(9, 1 / 9))
    assert ModalityWeights(AC=6, TC=7).top() is Modality.TC
    with pytest.raises(ValidationError):
        ModalityWeights(AC=11)


def test_a_score_is_the_median_of_its_distribution() -> None:
    share = torch.full((1, 9, 11), 1e-9)
    share[..., 0], share[..., 4], share[..., 10] = 0.4, 0.3, 0.3
    assert expected(share.log()).tolist()[0] == pytest.approx([4 + 0.02 * (4.2 - 4)] * 9)


@pytest.mark.parametrize("damage", ["cut", "gone", "other base", "other matrices"])
def test_damaged_or_foreign_weights_are_refused(tmp_path: Path, damage: str) -> None:
    manifest = json.loads((SHIPPED / MANIFEST).read_text())
    state = load_file(SHIPPED / WEIGHTS)
    if damage == "other base":
        manifest["base_sha256"] = "0" * 64
    if damage == "other matrices":
        state.pop("head.bias")
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    save_file(state, tmp_path / WEIGHTS)
    if damage == "cut":
        (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:1_000])
    if damage == "gone":
        (tmp_path / WEIGHTS).unlink()
    with pytest.raises(IntegrityError):
        ModalityImportance.load(tmp_path)


def labelled(text: str, number: int, **weights: int) -> LabelledMessage:
    return LabelledMessage(id=f"{text}-{number}", text=text, weights=ModalityWeights(**weights), act="request")


def test_training_learns_repeats_itself_and_never_sees_what_is_held_out(tmp_path: Path) -> None:
    messages = [labelled("jazz", n, ST=10) for n in range(12)] + [labelled("by Prince", n, AC=10) for n in range(12)]
    assert any(message.held_out for message in messages)
    poisoned = [m.model_copy(update={"weights": ModalityWeights(SF=10)}) if m.held_out else m for m in messages]
    settings = TrainingSettings(epochs=4, batch=6, learning_rate=3e-3, rank=2, frozen_layers=5)
    first, second = tmp_path / "first", tmp_path / "second"
    save(train(messages, settings), first, messages, settings)
    save(train(poisoned, settings), second, poisoned, settings)
    trained = ModalityImportance.load(first, precision="float32")
    assert trained.score("jazz").top() is Modality.ST
    assert trained.score("by Prince").top() is Modality.AC
    assert (first / WEIGHTS).read_bytes() == (second / WEIGHTS).read_bytes()


def test_held_out_messages_alone_are_nothing_to_train_on() -> None:
    held = [m for m in (labelled("jazz", n, ST=10) for n in range(40)) if m.held_out]
    with pytest.raises(SourceError):
        train(held)


def test_a_line_that_is_no_labelled_message_is_named(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    path.write_text('{"id": "a", "text": "x", "weights": {}}\n{"id": "b", "text": "x", "weights": {"AC": 12}}\n')
    with pytest.raises(SourceError, match="line 2"):
        read_messages([path])
