"""Listeners' vectors and soft tokens: what speaks in a history, what a vector finds, and what a token does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from segue.generator.compact import CompactNetwork, Texts, music_batch
from segue.generator.compact_generator import COMPACT
from segue.generator.errors import GeneratorMismatch, WeightsCorrupt
from segue.generator.language_files import LANGUAGE
from segue.generator.layout import Codes
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.generator.track import Track
from segue.generator.training_data.index import TrackIndex
from segue.generator.weight_files import weights_hash
from segue.memory.contract import event
from segue.memory.events import Subject
from segue.memory.evidence import FEEDBACK_HALF_LIFE
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.history import NOTHING, STATED, History, history_of
from segue.memory.listener.model import ListenerModel
from segue.memory.listener.people import Person, playlist_people, simulated_people
from segue.memory.listener.projection import Projection, token_for
from segue.memory.listener.refresh import refresh, vector_of, vectors_of
from segue.memory.listener.soft_token import SoftToken
from segue.memory.listener.token_training import counted
from segue.memory.listener.training import ListenerSettings, cut, train_listeners
from segue.memory.store import InMemoryTasteStore

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAMILIES = 4
PER_FAMILY = 12


def family_codes() -> Codes:
    """Tracks of four families; a family shares the first code of each modality, the rest is the track's own."""
    random = np.random.default_rng(0)
    codes = np.zeros((FAMILIES * PER_FAMILY, POSITIONS), dtype=np.uint8)
    for row in range(len(codes)):
        codes[row, ::LEVELS] = 1 + row // PER_FAMILY
        codes[row, 1::LEVELS] = random.integers(0, 60, 9)
        codes[row, 2::LEVELS] = random.integers(0, 30, 9)
    return codes


def codes_of(subject: Subject) -> Codes:
    known: Codes = family_codes()
    if subject.kind == "track" and subject.value.isdigit():
        return known[int(subject.value) :][:1]
    return known[:3] if subject.value == "dub" else known[:0]


@pytest.fixture(scope="module")
def model() -> ListenerModel:
    """Knows three families: the last tracks of each, and the whole fourth family, were liked by nobody."""
    torch.manual_seed(0)
    autoencoder = ListenerAutoencoder()
    families = [tuple(range(PER_FAMILY * family, PER_FAMILY * family + 9)) for family in range(3)]
    people = [Person(one, two) for one in families for two in families if one != two]
    settings = ListenerSettings(steps=40, batch=24, strangers=16)
    train_listeners(autoencoder, autoencoder.places(family_codes()), [people, []], settings)
    return ListenerModel(autoencoder, SoftToken(384, 9.0), tokenizer="t", version="v1")


def history(*rows: int, weight: float = 1.0) -> History:
    return History(family_codes()[list(rows)], np.full(len(rows), weight, dtype=np.float32))


def test_the_last_opinion_speaks_and_fades() -> None:
    events = [
        event("1", kind="played", subject=Subject(kind="track", value="0")),
        event("2", kind="liked", minutes=1, subject=Subject(kind="track", value="0")),
        event("3", kind="disliked", minutes=2, subject=Subject(kind="track", value="1")),
        event("4", kind="skipped", minutes=3, subject=Subject(kind="track", value="2")),
        event("5", kind="liked", minutes=4, subject=Subject(kind="track", value="gone")),
        event("6", kind="liked", minutes=5, lasting=False, subject=Subject(kind="track", value="3")),
    ]
    now = NOW + timedelta(minutes=5)
    found = history_of(events, codes_of, now)
    assert sorted(found.weights.tolist()) == pytest.approx([-1.0, -0.3, 1.0], abs=0.01)
    later = history_of(events, codes_of, now + FEEDBACK_HALF_LIFE)
    assert later.weights.max() == pytest.approx(0.5, abs=0.01)


def test_what_was_forgotten_or_taken_back_does_not_speak() -> None:
    liked = event("1", subject=Subject(kind="track", value="0"))
    forgotten = event("2", kind="forgotten", minutes=1, subject=liked.subject)
    assert len(history_of([liked, forgotten], codes_of, NOW)) == 0
    undone = event("3", kind="undone", minutes=1, subject=liked.subject, undoes=("1",))
    assert len(history_of([liked, undone], codes_of, NOW)) == 0


def test_words_and_bans_speak_through_tracks_that_stand_for_them() -> None:
    dub = Subject(kind="genre", value="dub")
    loved = history_of([event("1", kind="stated", subject=dub, leaning=1.0, attributes=())], codes_of, NOW)
    assert loved.weights.sum() == pytest.approx(STATED)
    assert len(loved) == 3
    banned = history_of([event("1", kind="banned", subject=dub, attributes=())], codes_of, NOW)
    assert banned.weights.sum() == pytest.approx(-STATED)
    at_work = event("1", kind="stated", subject=dub, leaning=1.0, attributes=(), context="work")
    assert len(history_of([at_work], codes_of, NOW)) == 0


def test_a_vector_finds_tracks_that_nobody_ever_heard(model: ListenerModel) -> None:
    for family in range(3):
        start = PER_FAMILY * family
        scores = model.scores(model.vector(history(start, start + 1)), family_codes())
        never_heard = scores.reshape(FAMILIES, PER_FAMILY)[:3, 9:].mean(axis=1)
        assert never_heard.argmax() == family


def test_likes_and_dislikes_pull_apart_and_age_weakens_both(model: ListenerModel) -> None:
    codes = family_codes()
    fresh = model.scores(model.vector(history(0, 1)), codes)
    against = model.scores(model.vector(history(0, 1, weight=-1.0)), codes)
    assert fresh[9] > against[9]
    prior = model.vector(History(codes[:0], np.zeros(0, dtype=np.float32)))
    distances = [float(np.linalg.norm(model.vector(history(0, weight=w)) - prior)) for w in (1.0, 0.3, 0.01)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.2 * distances[0]


def test_many_listeners_at_once_are_what_they_are_alone(model: ListenerModel) -> None:
    histories = [history(0, 1), history(), history(13, weight=-0.5), history(30, 31, 32)]
    together = vectors_of(model, histories)
    assert np.allclose(together, [model.vector(one) for one in histories], atol=1e-5)
    shared = csr_matrix(np.eye(3, dtype=np.float32))
    assert np.allclose(model.vectors(shared, family_codes()[:3])[1], model.vector(history(1)), atol=1e-5)


def test_co_listening_and_the_unknown_are_not_read(model: ListenerModel) -> None:
    codes = family_codes()[:1]
    other = codes.copy()
    place = LEVELS * MODALITIES.index(Modality.TC)
    other[0, place : place + LEVELS] = (9, 9, 9)
    one, two = (model.vector(History(each, np.ones(1, dtype=np.float32))) for each in (codes, other))
    assert np.array_equal(one, two)
    assert not counted(torch.from_numpy(codes.astype(np.int64)))[0, place : place + LEVELS].any()
    with pytest.raises(ValueError, match="weights for codes"):
        History(codes, np.ones(2, dtype=np.float32))


def test_people_are_cut_without_overlap() -> None:
    random = np.random.default_rng(0)
    person = Person(tuple(range(10)), (20, 21, 22))
    for _ in range(50):
        half = cut(person, random)
        known = set(half.rows.tolist())
        assert not known & {*half.wanted.tolist(), *half.unwanted.tolist()}
        assert len(half.wanted)
        assert all((weight > 0) == (row < 10) for row, weight in zip(half.rows, half.weights, strict=True))


def test_simulated_people_love_what_belongs_together() -> None:
    tracks = [
        Track.model_validate(
            {
                "id": f"{genre}{n}",
                "title": f"{genre} {n}",
                "genres": [genre],
                "artists": [{"name": f"{genre} band {n % 3}"}],
            }
        )
        for genre in ("dub", "polka", "techno")
        for n in range(9)
    ]
    index = TrackIndex(tracks)
    people = list(simulated_people(index, 30))
    assert people == list(simulated_people(index, 30))
    assert playlist_people(index) == []
    for person in people:
        loved = {tracks[row].genres[0] for row in person.liked}
        assert not loved & {tracks[row].genres[0] for row in person.disliked}
    assert list(simulated_people(TrackIndex(tracks[:1]), 5)) == []


def test_weights_come_back_and_foreign_ones_are_refused(model: ListenerModel, tmp_path: Path) -> None:
    model.save(tmp_path, {"seed": 0})
    again = ListenerModel.load(tmp_path, tokenizer="t")
    assert np.allclose(again.vector(history(0)), model.vector(history(0)), atol=0.02)
    assert again.version
    assert again.version != model.version
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsCorrupt):
        ListenerModel.load(tmp_path)


def test_a_token_is_as_long_as_real_ones_and_changes_what_the_generator_says(model: ListenerModel) -> None:
    tokens = [model.token(model.vector(history(row))) for row in (0, 13)]
    assert [float(np.linalg.norm(token)) for token in tokens] == pytest.approx([9.0, 9.0], abs=1e-3)
    with pytest.raises(ValueError, match="not be heard"):
        SoftToken(384, 0.0)
    torch.manual_seed(0)
    network = CompactNetwork().eval()
    text = Texts(torch.randn(1, 4, 384), torch.ones(1, 4, dtype=torch.bool))
    nothing = music_batch([(np.zeros((0, POSITIONS), np.uint8), np.zeros(0, np.int64))])
    with torch.inference_mode():
        without = network(text, text, nothing)
        first, second = (network(text, text, nothing, torch.from_numpy(token)[None, None]) for token in tokens)
    assert not torch.allclose(without, first, atol=1e-4)
    assert not torch.allclose(first, second, atol=1e-4)


def test_a_token_is_only_for_the_generator_that_it_was_learnt_for(model: ListenerModel, tmp_path: Path) -> None:
    @dataclass
    class Generator:
        name: str
        weights: str

    own = ListenerModel(model.autoencoder, model.soft_token, tokenizer="t", version="v1", generator="a")
    own.save(tmp_path / "listener", {})
    assert ListenerModel.load(tmp_path / "listener").generator == "a"
    vector = own.vector(history(0))
    assert np.array_equal(token_for(Generator("compact", "a"), own)(vector), own.token(vector))
    Projection(SoftToken(32, 2.0), listener="v1", generator="b").save(tmp_path / "b", tokenizer="t", about={})
    assert token_for(Generator("parallel", "b"), own, tmp_path / "b")(vector).shape == (32,)
    others = ListenerModel(model.autoencoder, model.soft_token, tokenizer="t", version="v2", generator="a")
    for generator, listeners in (
        (Generator("compact", "other"), own),
        (Generator("compact", "b"), own),
        (Generator("sequence", "a2"), own),
        (Generator("sequence", ""), own),
        (Generator("sequence", "b"), others),
    ):
        with pytest.raises(GeneratorMismatch, match="segue listener train"):
            token_for(generator, listeners, tmp_path / "b")


def test_the_tokens_that_ship_are_for_the_generators_that_ship() -> None:
    @dataclass
    class Generator:
        name: str
        weights: str

    shipped = ListenerModel.load()
    vector = shipped.vector(NOTHING)
    assert token_for(Generator("compact", weights_hash(COMPACT)), shipped)(vector).shape == (384,)
    for name in ("parallel", "sequence", "vllm"):
        assert token_for(Generator(name, weights_hash(LANGUAGE)), shipped)(vector).shape == (576,)


async def test_a_refresh_computes_what_changed_and_nothing_else(model: ListenerModel) -> None:
    store = InMemoryTasteStore()
    await store.append([event("1", user, subject=Subject(kind="track", value="0")) for user in ("ana", "ben")])
    done: list[int] = []
    assert await refresh(store, model, codes_of, NOW, lambda count, _: done.append(count)) == 2
    assert done == [2]
    assert await refresh(store, model, codes_of, NOW) == 0
    before = await vector_of(store, model, codes_of, "ana", NOW)
    await store.append([event("2", subject=Subject(kind="track", value="13"), minutes=1)])
    # An event acts at once, not at the next refresh.
    assert not np.allclose(await vector_of(store, model, codes_of, "ana", NOW), before)
    assert await refresh(store, model, codes_of, NOW) == 0
    assert await refresh(store, model, codes_of, NOW + timedelta(days=2)) == 2
    nobody = await vector_of(store, model, codes_of, "eve", NOW)
    assert np.array_equal(nobody, model.vector(History(family_codes()[:0], np.zeros(0, dtype=np.float32))))
    assert await store.vector("eve") is None


def test_the_token_of_the_documentation_is_read() -> None:
    page = (Path(__file__).parents[3] / "docs" / "personal.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(compile(page.split("```python\n")[1].split("```")[0], "docs/personal.md", "exec"), names)
    with_token, without = names["with_token"], names["without"]
    assert not np.allclose(with_token.modalities[0].log_first[1:], without.modalities[0].log_first[1:])
    with pytest.raises(ValueError, match="384 finite numbers"):
        names["generator"].distribution(names["Dialogue"](), np.zeros(3, dtype=np.float32))
