from pathlib import Path

import pytest

from segue.agent.hear import Hearer
from segue.agent.hear.messages import HeardMessage, read_heard
from segue.agent.hear.model import HearModel
from segue.agent.hear.practice import practice
from segue.agent.hear.training import TrainingSettings, fit_phrases, save, train
from segue.generator.errors import IntegrityError, SourceError


def messages() -> list[HeardMessage]:
    return [
        HeardMessage(id=f"m{n}", text=text, act=act, want={"genres": ["jazz"]} if "jazz" in text else {})
        for n, (text, act) in enumerate([("some jazz", "request"), ("thanks a lot", "chat"), ("more jazz", "more")] * 5)
    ]


def test_a_short_training_is_saved_loaded_and_hears_the_same(hearer: Hearer, tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=1, rank=2)
    network = train(messages(), hearer.reader, settings)
    save(network, tmp_path, messages(), settings)
    fit_phrases(messages(), hearer.reader).save(tmp_path)
    first, second = HearModel.load(tmp_path), HearModel.load(tmp_path)
    reading = hearer.reader("some jazz")
    assert first(reading).acts == second(reading).acts
    assert sum(first(reading).acts.values()) == pytest.approx(1, abs=1e-5)


def test_how_it_is_put_tells_acts_apart(hearer: Hearer) -> None:
    phrases = fit_phrases(messages(), hearer.reader)
    thanks = phrases("thanks a lot", "", hearer.reader("thanks a lot").cues)
    request = phrases("some jazz", "", hearer.reader("some jazz").cues)
    assert thanks.argmax() != request.argmax()


def test_nothing_is_trained_on_held_out_messages(hearer: Hearer) -> None:
    held = [message for message in messages() if message.held_out]
    assert held
    with pytest.raises(SourceError):
        train(held, hearer.reader)
    with pytest.raises(SourceError):
        fit_phrases(held, hearer.reader)


def test_phrases_without_their_weights_are_refused(hearer: Hearer, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        HearModel.load(tmp_path)


def test_practice_says_what_it_is_labelled_with() -> None:
    composed = practice([("Zombie", "The Cranberries")], each=1)
    assert composed == practice([("Zombie", "The Cranberries")], each=1)
    for message in composed:
        values = [v for side in (message.want, message.avoid) for found in side.values() for v in found]
        assert all(value.casefold() in message.text.casefold() for value in [*values, *message.like])
        assert not message.held_out
    assert {"want", "avoid"} <= {side for m in composed for side in ("want", "avoid") if getattr(m, side)}


def test_a_line_that_is_no_message_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    path.write_text('{"id": "a", "text": "x", "act": "chat"}\n{"id": 3}\n', "utf-8")
    with pytest.raises(SourceError, match="line 2"):
        read_heard([path])
