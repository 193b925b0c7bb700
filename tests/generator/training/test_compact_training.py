"""The compact generator: it answers untrained, learns a small catalog, and what it learnt survives the disk."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segue.generator.compact import CompactNetwork, Texts, music_batch, played, sentence_vectors, spoken
from segue.generator.compact_generator import CompactGenerator, load_compact, save_compact
from segue.generator.contract import GeneratorContract
from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.errors import TokenizerMismatch, WeightsCorrupt
from segue.generator.interface import GenerationRequest, Generator
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout
from segue.generator.minilm import MiniLM
from segue.generator.modality import MODALITIES, Modality
from segue.generator.sentences import SentenceEncoder
from segue.generator.track import Track
from segue.generator.training.compact import TextStates, prepare, train_compact
from segue.generator.training.corpus import Corpus
from segue.generator.training.fit import FitSettings
from segue.generator.training_data.example import Example, ExampleTurn, fold_of

LAYOUT = CodeLayout(((6, 4, 3),) * 9)
WISHES = ("loud heavy metal", "quiet piano at night", "salsa to dance to", "country songs about trucks")


def example(text: str, target: str, *before: ExampleTurn) -> Example:
    return Example((*before, ExampleTurn("user", text)), target, "request", ())


@pytest.fixture(scope="module")
def learnt() -> tuple[CompactNetwork, Corpus]:
    """A network that has learnt four wishes and their four tracks."""
    random = np.random.default_rng(0)
    codes = {f"t{n}": (random.integers(0, LAYOUT.sizes - 1) + 1).astype(np.uint8) for n in range(len(WISHES))}
    for row in codes.values():
        row[1::3] %= 4
        row[2::3] %= 3
    corpus = Corpus([example(text, f"t{n}") for n, text in enumerate(WISHES)], codes, dict.fromkeys(codes, "a track"))
    torch.manual_seed(0)
    network = CompactNetwork(LAYOUT, dropout=0.0)
    prepared = prepare(corpus, TextStates(MiniLM.load()), network)
    steps: list[int] = []
    settings = FitSettings(epochs=35, batch=2, learning_rate=3e-3)
    train_compact(network, prepared, settings, lambda step: steps.append(step.done), every=50)
    assert steps[-1] == 70
    return network, corpus


def test_it_learns_what_a_wish_means(learnt: tuple[CompactNetwork, Corpus]) -> None:
    network, corpus = learnt
    generator = CompactGenerator(network, "f")
    for n, wish in enumerate(WISHES):
        assert np.array_equal(generator.distribution(Dialogue.of(wish)).best, corpus.codes[f"t{n}"])
    close = generator.distribution(Dialogue.of("please some heavy metal, very loud"))
    assert np.array_equal(close.best[::3], corpus.codes["t0"][::3])


def test_a_fold_that_is_left_out_teaches_nothing() -> None:
    random = np.random.default_rng(1)
    codes = {f"t{n}": random.integers(1, 3, 27).astype(np.uint8) for n in range(2)}
    taken = [replace(example(WISHES[n], f"t{n}"), origin=f"dialogue {n}") for n in range(2)]
    by_grammar = example(WISHES[3], "t1")
    corpus = Corpus([*taken, by_grammar], codes, dict.fromkeys(codes, "a track"))
    folds = [fold_of(e.origin, 2) for e in taken]
    for fold in range(2):
        left = [n for n in range(2) if folds[n] != fold]
        assert corpus.without_fold(fold, 2) == [*left, 2]
    network = CompactNetwork(LAYOUT, dropout=0.0)
    prepared = prepare(corpus, TextStates(MiniLM.load()), network)
    train_compact(network, prepared, FitSettings(epochs=30, batch=2, learning_rate=3e-3), only=[2])
    # Whatever is asked, it only knows the one track that it was shown.
    generator = CompactGenerator(network, "f")
    assert np.array_equal(generator.distribution(Dialogue.of(WISHES[0])).best, codes["t1"])


def test_weights_survive_the_disk_and_belong_to_one_tokenizer(
    learnt: tuple[CompactNetwork, Corpus], tmp_path: Path
) -> None:
    save_compact(learnt[0], tmp_path, tokenizer="abc", about={"seed": 0})
    network, fingerprint = load_compact(tmp_path, tokenizer="abc")
    assert (fingerprint, network.layout) == ("abc", LAYOUT)
    dialogue = Dialogue.of(WISHES[2])
    one, two = (CompactGenerator(net, "abc").distribution(dialogue) for net in (learnt[0], network))
    np.testing.assert_allclose(one.soft_tables()[0], two.soft_tables()[0], atol=0.05)
    with pytest.raises(TokenizerMismatch):
        load_compact(tmp_path, tokenizer="another")


@pytest.mark.parametrize("harm", ["byte", "manifest", "missing"])
def test_damaged_weights_are_refused(learnt: tuple[CompactNetwork, Corpus], tmp_path: Path, harm: str) -> None:
    save_compact(learnt[0], tmp_path, tokenizer="abc", about={})
    weights, manifest = tmp_path / "weights.safetensors", tmp_path / "manifest.json"
    if harm == "byte":
        stored = bytearray(weights.read_bytes())
        stored[len(stored) // 2] ^= 1
        weights.write_bytes(stored)
    elif harm == "manifest":
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"kind": "language"}))
    else:
        weights.unlink()
    with pytest.raises(WeightsCorrupt):
        load_compact(tmp_path)


def test_untrained_heads_measure_distances_to_code_vectors() -> None:
    """A message that says what a code vector stands for is answered by that code."""
    sentences = SentenceEncoder()
    texts = ["heavy metal", "piano", "salsa", "country", "techno", "opera"]
    first = sentences.encode(texts)
    layout = CodeLayout(((6, 4, 3),) * 9)
    books = (first, np.zeros((4, 384), np.float32), np.zeros((3, 384), np.float32))
    torch.manual_seed(0)
    network = CompactNetwork(layout)
    network.start_from({Modality.ST: books})
    generator = CompactGenerator(network, "f")
    place = MODALITIES.index(Modality.ST) * 3
    for code, text in enumerate(texts, start=1):
        assert generator.distribution(Dialogue.of(text)).best[place] == code


def test_sentence_vectors_are_those_of_the_sentence_encoder() -> None:
    from segue.generator.compact import read_texts
    from segue.generator.minilm import MessageTokenizer

    texts = ["some mellow 90s rock", "more"]
    found = sentence_vectors(read_texts(MiniLM.load(), MessageTokenizer(), texts))
    np.testing.assert_allclose(found.numpy(), SentenceEncoder().encode(texts), atol=1e-4)


@pytest.mark.parametrize("before", ["", "something for a long drive at night, please"])
def test_texts_that_are_read_together_are_read_as_if_alone(before: str) -> None:
    from segue.generator.compact import read_dialogue, read_texts
    from segue.generator.minilm import MessageTokenizer

    body, tokenizer, network = MiniLM.load(), MessageTokenizer(), CompactNetwork(LAYOUT).eval()
    message = "no, slower"
    texts = read_dialogue(body, tokenizer, Dialogue.of(*([before, "Sure!"] if before else []), message))
    alone = [read_texts(body, tokenizer, [text]) for text in (message, before)]
    music = music_batch([played(Dialogue(), LAYOUT)])
    torch.testing.assert_close(network(*texts, music), network(*alone, music), atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(sentence_vectors(texts[1]).detach(), sentence_vectors(alone[1]).detach(), atol=1e-5)


def test_a_text_is_read_once_however_often_it_is_asked_for() -> None:
    states = TextStates(MiniLM.load())
    told: list[int] = []
    states.read(["more", "slower please"], lambda done, total: told.append(total))
    states.read(["slower please", "a song for the road", "more"], lambda done, total: told.append(total))
    assert told == [2, 1]
    rows = states.rows(["a song for the road", "more"])
    whole = TextStates(MiniLM.load())
    whole.read(["a song for the road", "more"])
    found, expected = states.batch(rows), whole.batch(whole.rows(["a song for the road", "more"]))
    assert torch.equal(found.real, expected.real)
    torch.testing.assert_close(found.states, expected.states, atol=1e-2, rtol=1e-2)


def test_a_dialogue_without_a_word_or_a_track_is_read_as_nothing() -> None:
    network = CompactNetwork(LAYOUT).eval()
    nothing = Texts(torch.zeros(1, 2, 384), torch.zeros(1, 2, dtype=torch.bool))
    states = network(nothing, nothing, music_batch([played(Dialogue(), LAYOUT)]))
    assert torch.isfinite(states).all()


def test_what_is_read_of_a_dialogue() -> None:
    codes = np.ones(27, dtype=np.uint8)
    dialogue = Dialogue(
        turns=(
            DialogueTurn(role="user", text="first"), music_turn(codes, "A by X", True),
            music_turn(codes, "B by Y", False), DialogueTurn(role="user", text="last"),
        )
    )  # fmt: skip
    assert spoken(dialogue) == ("last", "A by X. first")
    _, rating = played(dialogue, DEFAULT_LAYOUT)
    assert rating.tolist() == [2, 1]  # the newest first: disliked, liked


class TestCompactContract(GeneratorContract):
    def make_generator(self) -> Generator:
        torch.manual_seed(0)
        return CompactGenerator(CompactNetwork().eval(), "f")


def test_a_soft_answer_and_a_generation_agree(learnt: tuple[CompactNetwork, Corpus]) -> None:
    generator = CompactGenerator(learnt[0], "f")
    generation = asyncio.run(generator.generate(GenerationRequest(Dialogue.of(WISHES[1]))))
    assert np.array_equal(generation.ids[0], generation.distribution.best)
    asyncio.run(generator.aclose())


def test_adaptation_learns_a_catalog_without_dialogues() -> None:
    from segue.generator.encoders.store import default_encoders
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.adapt import Adaptation, adapt
    from segue.generator.training.corpus import Mixture

    genres = ("rock", "jazz", "techno", "folk")
    tracks = [
        Track.model_validate(
            {"id": f"t{n}", "title": f"Song {n}", "artists": [f"Band {n % 8}"], "genres": [genres[n % 4]]}
        )
        for n in range(32)
    ]
    tokenizer = Tokenizer.train(tracks, default_encoders(SentenceEncoder()), sizes=(8, 4, 2))
    codes = tokenizer.encode(tracks)
    few = Adaptation(Mixture(requests=100, conversations=25, playlists=0), FitSettings(epochs=1, batch=64))
    losses: list[float] = []
    network, about = adapt(tracks, codes, tokenizer, few, report=lambda step: losses.append(step.loss))
    assert about["started_from"] == "code vectors"  # another tokenizer than the shipped weights'
    assert about["tracks"] == 32
    assert np.isfinite(losses).all()
    longer = replace(few, settings=replace(few.settings, epochs=4, learning_rate=3e-3))
    adapt(tracks, codes, tokenizer, longer, report=lambda step: losses.append(step.loss))
    assert losses[-1] < losses[0]
    assert network.layout == tokenizer.layout
