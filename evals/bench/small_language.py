"""What benchmarks of the sequence generator train: a small language model, in minutes instead of days.

It differs from the product's in size alone: two layers of Llama's kind whose weights start at random, the bundled
model's words on their main axes (which stay, for they are most of a small model), the product's tokenizer, prompts,
vocabulary extension, losses and training loop. It learns requests that the product's grammar makes of a catalog; the
last of them are held out. What it says of sizes like the product's is a guess: differences between trainings count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.evals.writing_order import WritingOrder
from segue.generator.language import MusicLanguageModel, get_embedding
from segue.generator.layout import CodeLayout, Codes
from segue.generator.modality import POSITIONS
from segue.generator.prompt import PromptBuilder, codec_for
from segue.generator.training.corpus import Corpus
from segue.generator.training.language import LanguageSettings, Report, collate, position_losses, train_language

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PROMPT_TOKENS: Final = 64
"""Requests by grammar are short."""
HEADS: Final = 4
"""Attention heads."""
LEARNING_RATE: Final = 2e-3
"""Of all that learns; a small model that starts at random wants more than changes of a large one."""


@dataclass(frozen=True)
class Size:
    """How large the model is."""

    width: int = 128
    layers: int = 2


@dataclass(frozen=True)
class Study:
    """What trainings have in common."""

    words: Tensor
    """float32 [tokens, width]."""
    text: "PreTrainedTokenizerFast"
    layout: CodeLayout
    """Of the semantic IDs."""
    corpus: Corpus
    """Codes as in a semantic ID."""
    catalog: Codes
    """uint8 [tracks, 27]: all semantic IDs."""
    centroids: Sequence[Tensor | None]
    """Code vectors of the 27 positions, see `training.centroids`."""
    settings: LanguageSettings
    layers: int = 2

    @property
    def held(self) -> range:
        """Numbers of the examples that are not learnt from."""
        return range(len(self.corpus.examples) - self.settings.held_out, len(self.corpus.examples))

    @property
    def learnt_codes(self) -> Codes:
        """Semantic IDs of the examples that are learnt from: uint8 [n, 27]."""
        return np.stack([self.corpus.target(example) for example in self.corpus.examples[: self.held.start]])

    @property
    def held_codes(self) -> Codes:
        """Semantic IDs of the examples that are held out: uint8 [n, 27]."""
        return np.stack([self.corpus.target(self.corpus.examples[number]) for number in self.held])


@dataclass(frozen=True)
class Trained:
    """A model that has learnt to write in an order; what it is asked and says stands as in a semantic ID."""

    model: MusicLanguageModel
    prompts: PromptBuilder
    corpus: Corpus
    """Codes as they are written."""
    order: WritingOrder


def small_model(words: Tensor, prompts: PromptBuilder, *, layers: int, seed: int) -> MusicLanguageModel:
    """Return an untrained model with word vectors float32 [tokens, width], which stay as they are."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    base = LlamaForCausalLM(  # type: ignore[no-untyped-call]
        LlamaConfig(
            vocab_size=len(words), hidden_size=words.shape[1], intermediate_size=2 * words.shape[1],
            num_hidden_layers=layers, num_attention_heads=HEADS, num_key_value_heads=HEADS,
            tie_word_embeddings=True, max_position_embeddings=2 * PROMPT_TOKENS,
        )
    )  # fmt: skip
    with torch.no_grad():
        get_embedding(base).copy_(words)
    get_embedding(base).requires_grad_(False)
    return MusicLanguageModel(base, prompts.codec, rank=0, seed=seed)


def main_axes(vectors: Tensor, width: int) -> Tensor:
    """Return vectors [n, d] on the `width` axes along which they differ most: float32 [n, width]."""
    centred = vectors.float() - vectors.float().mean(dim=0)
    _, axes = torch.linalg.eigh(centred.T @ centred)
    turned: Tensor = centred @ axes[:, -width:]
    return turned


def open_study(catalog: Path, *, requests: int, size: Size, settings: LanguageSettings) -> Study:
    """Return a study of requests for the tracks of a catalog folder or of a file of tracks.

    Raises SourceError for a catalog that cannot be read, ValueError for one without tracks.
    """
    from segue.evals.bench.dialogues import read_corpus
    from segue.generator.base_model import load_model, load_tokenizer
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.centroids import centroids
    from segue.generator.training.corpus import Mixture, build_corpus

    read = read_corpus(catalog, None)
    tokenizer = Tokenizer.load(fingerprint=read.tokenizer)
    mixture = Mixture(requests=requests, conversations=0, playlists=0)
    return Study(
        main_axes(get_embedding(load_model(dtype=torch.bfloat16)).detach(), size.width),
        load_tokenizer(),
        tokenizer.layout,
        build_corpus(read.tracks, read.codes, mixture),
        read.codes,
        centroids(tokenizer),
        settings,
        size.layers,
    )


def train(study: Study, settings: LanguageSettings, order: WritingOrder, report: Report | None = None,
          every: int = 10**9) -> Trained:  # fmt: skip
    """Return a model that has learnt the study's requests, its codes written in `order`.

    `settings` stand for the study's own: they may differ in the seed, the shares of losses and their weights.
    """
    codec = codec_for(study.text, order.layout(study.layout))
    prompts = PromptBuilder(study.text, codec, max_tokens=PROMPT_TOKENS)
    corpus = Corpus(
        study.corpus.examples,
        {track: order.write(codes) for track, codes in study.corpus.codes.items()},
        study.corpus.names,
    )
    model = small_model(study.words, prompts, layers=study.layers, seed=settings.seed)
    train_language(
        model, prompts, corpus, settings, centroids=order.write_all(study.centroids), report=report, every=every
    )
    return Trained(model.fold(), prompts, corpus, order)


@torch.no_grad()
def held_nats(study: Study, trained: Trained) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the losses of the heads and of the sequence on what is held out: [n, 27] each, 0 where nothing is known.

    The sequence has all true codes before each given: the sum is minus the logarithm of what it gives the whole ID.
    """
    found = []
    for start in range(study.held.start, study.held.stop, 64):
        examples = trained.corpus.examples[start : start + 64]
        codes = [trained.corpus.target(example) for example in examples]
        asked = [trained.prompts.training(trained.corpus.dialogue(e), c) for e, c in zip(examples, codes, strict=True)]
        heads, sequence = position_losses(trained.model, collate(asked, codes, with_codes=True), with_codes=True)
        if sequence is None:
            raise RuntimeError("losses were asked for with codes")
        found.append((heads.numpy(), sequence.numpy()))
    one, two = (trained.order.read(np.concatenate(parts)) for parts in zip(*found, strict=True))
    return one.reshape(-1, POSITIONS), two.reshape(-1, POSITIONS)
