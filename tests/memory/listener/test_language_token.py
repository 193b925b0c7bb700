"""Teaching a small language model's soft token: two kinds of listeners, two kinds of music."""

from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from segue.generator.base_model import load_tokenizer
from segue.generator.dialogue import Dialogue
from segue.generator.language import MusicLanguageModel
from segue.generator.layout import Codes
from segue.generator.modality import LEVELS, POSITIONS
from segue.generator.parallel import ParallelGenerator
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.track import Track
from segue.generator.training_data.index import TrackIndex
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.history import History
from segue.memory.listener.language_token import LanguageTokenSettings, train_language_token
from segue.memory.listener.model import ListenerModel
from segue.memory.listener.people import Person
from segue.memory.listener.projection import Projection
from segue.memory.listener.soft_token import SoftToken

GENRES = ("dub", "polka")
TRACKS = [
    Track.model_validate({"id": str(row), "title": f"Song {row}", "artists": ["A"], "genres": [GENRES[row // 8]]})
    for row in range(16)
]


def codes_of_tracks() -> Codes:
    codes = np.random.default_rng(0).integers(1, 30, (16, POSITIONS)).astype(np.uint8)
    codes[:8, ::LEVELS], codes[8:, ::LEVELS] = 3, 7
    return codes


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer()


def test_the_token_says_whose_music_is_meant_and_nothing_else_changes(tokenizer: PreTrainedTokenizerFast) -> None:
    torch.manual_seed(0)
    make: Any = LlamaForCausalLM  # its constructor is not typed
    base = make(
        LlamaConfig(
            vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=32, intermediate_size=48,
            num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=512,
        )
    )  # fmt: skip
    model = MusicLanguageModel(base, codec_for(tokenizer), rank=2).fold()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    people = [Person(tuple(range(8))), Person(tuple(range(8, 16)))]
    codes, autoencoder, prompts = codes_of_tracks(), ListenerAutoencoder().eval(), PromptBuilder(tokenizer)
    reports: list[int] = []
    token = train_language_token(
        autoencoder, model, prompts, TrackIndex(TRACKS), codes, [people],
        LanguageTokenSettings(examples=400, requests=20, epochs=6, batch=24, learning_rate=1e-2),
        lambda done, total, loss: reports.append(done),
    )  # fmt: skip
    assert reports[-1] == max(reports) > 50
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    listeners = ListenerModel(autoencoder, token, tokenizer="t", version="v")
    torch.manual_seed(1)
    taught, untaught = (
        Projection(one, listener="v", generator="g") for one in (token, SoftToken(32, float(token.initial)))
    )
    asked = Dialogue.of("got anything for me?")
    vectors = [
        listeners.vector(History(codes[rows], np.ones(8, dtype=np.float32)))
        for rows in (np.arange(8), np.arange(8, 16))
    ]
    generator = ParallelGenerator(model, prompts, fingerprint="t")
    leads = []
    for projection in (taught, untaught):
        one, other = (
            generator.distribution(asked, projection.token(vector)).log_probabilities(codes)[:, 0] for vector in vectors
        )
        # How much more the first listener's token makes of their own music than the second's does.
        leads.append(float((one - other)[:8].mean() - (one - other)[8:].mean()))
    assert leads[0] > leads[1] + 0.03
