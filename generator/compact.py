"""The compact generator's network: MiniLM token states, nine queries, level heads. Small enough for any machine.

What the listener says last and what was said before are encoded apart (MiniLM was trained on single sentences), the
tracks played so far enter as music tokens, one per known modality, as they do in the language model's prompt (TalkPlay,
section 4.2). Nine learned queries read all of it, one per modality; beside what its query read, each head sees the
sentence vectors of both texts. Where a modality's codebook lives in the space of those vectors (BM, ST, SF, AB by the
default tokenizer) the heads start as distances to its code vectors.

Knows dialogues and codes; no catalog, no training.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.dialogue import Dialogue
from segue.generator.heads import LevelHeads, ModalityQueries
from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout
from segue.generator.minilm import WIDTH, MessageTokenizer, MiniLM
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality

MAX_TRACKS: Final = 5
"""Earlier tracks that are read, the newest ones."""
_UNRATED, _LIKED, _DISLIKED = 0, 1, 2
TEMPERATURE: Final = 0.1
"""Scale of the squared distances that heads start from."""


class Texts(NamedTuple):
    """Token states of a batch of texts, behind the last layer that is not trained."""

    states: Tensor
    """float32 [n, length, 384]."""
    real: Tensor
    """bool [n, length]: False where the batch is padded."""


class Music(NamedTuple):
    """The tracks played in a batch of dialogues, the newest first, padded to the longest row."""

    codes: Tensor
    """int64 [n, tracks, 27]; all 0 where there is no track."""
    rating: Tensor
    """int64 [n, tracks]: 0 unrated, 1 liked, 2 disliked."""


class CompactNetwork(nn.Module):
    """From texts and music to the states of the level heads. The body, MiniLM, is shared and no part of the weights."""

    def __init__(self, layout: CodeLayout = DEFAULT_LAYOUT, *, dropout: float = 0.2) -> None:
        super().__init__()
        self.layout = layout
        self.codes = nn.ModuleList(nn.Embedding(int(size), WIDTH) for size in layout.sizes)
        self.modality = nn.Parameter(torch.randn(len(MODALITIES), WIDTH) * 0.02)
        self.rating = nn.Embedding(3, WIDTH)
        self.segment = nn.Parameter(torch.randn(2, WIDTH) * 0.02)
        self.nothing = nn.Parameter(torch.randn(WIDTH) * 0.02)
        """Always there to be read, also in a dialogue without a word or a track."""
        self.music_norm = nn.LayerNorm(WIDTH)
        self.queries = ModalityQueries(WIDTH, WIDTH, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.heads = LevelHeads(3 * WIDTH, layout)
        for table in (*self.codes, self.rating):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, message: Texts, before: Texts, music: Music, listener: Tensor | None = None) -> Tensor:
        """Return the states of the nine modalities, [n, 9, 1152].

        `listener` [n, any, 384] are soft tokens that are read beside the others (Spotify's generative recommender).
        """
        heard, known = self._music(music)
        nothing = self.nothing.expand(len(heard), 1, -1)
        tokens = torch.cat((nothing, message.states + self.segment[0], before.states + self.segment[1], heard), dim=1)
        real = torch.cat((known.new_ones(len(known), 1), message.real, before.real, known), dim=1)
        if listener is not None:
            tokens = torch.cat((tokens, listener), dim=1)
            real = torch.cat((real, real.new_ones(listener.shape[:2])), dim=1)
        read = self.queries(tokens, ~real)
        sentences = torch.cat((sentence_vectors(message), sentence_vectors(before)), dim=-1)
        return torch.cat((self.dropout(read), sentences[:, None].expand(-1, len(MODALITIES), -1)), dim=-1)

    def start_from(self, codebooks: Mapping[Modality, Sequence[NDArray[np.float32]]]) -> None:
        """Let heads score codes by the distance of their vectors to the message's sentence vector.

        `codebooks` holds, for some modalities, the code vectors of the three levels, [codewords, 384], whose sums are
        sentence vectors (a residual quantizer). With a message's vector v the score of a prefix is
        -|v - sum of its code vectors|^2 / `TEMPERATURE`, which is of the heads' form exactly.
        """
        scale = 1 / TEMPERATURE
        heads = self.heads.modalities()
        with torch.no_grad():
            for number, modality in enumerate(MODALITIES):
                if modality not in codebooks:
                    continue
                one, two, three = (torch.from_numpy(book) for book in codebooks[modality])
                head = heads[number]
                span = slice(WIDTH, 2 * WIDTH)
                # A codebook may hold fewer code vectors than the layout has room for.
                known = slice(UNKNOWN + 1, UNKNOWN + 1 + len(one))
                codes = (known, slice(len(two)), slice(len(three)))
                for level, book, rows in zip(
                    (head.level1, head.level2, head.level3), (one, two, three), codes, strict=True
                ):
                    level.weight[rows, span] = 2 * scale * book
                    level.bias[rows] = -scale * (book**2).sum(dim=1)
                head.first_to_second[known, : len(two)] = -2 * scale * one @ two.T
                head.first_to_third[known, : len(three)] = -2 * scale * one @ three.T
                head.second_to_third[: len(two), : len(three)] = -2 * scale * two @ three.T

    def _music(self, music: Music) -> tuple[Tensor, Tensor]:
        """Return one token per track and modality, [n, 9 tracks, 384], and which of them are known."""
        n, tracks, _ = music.codes.shape
        if not tracks:
            return self.nothing.new_empty(n, 0, WIDTH), torch.empty(n, 0, dtype=torch.bool, device=self.nothing.device)
        embedded = torch.stack([table(music.codes[..., p]) for p, table in enumerate(self.codes)], dim=2)
        tokens = embedded.view(n, tracks, len(MODALITIES), LEVELS, WIDTH).sum(dim=3)
        tokens = self.music_norm(tokens + self.modality + self.rating(music.rating)[:, :, None])
        known = music.codes[..., ::LEVELS] != UNKNOWN
        return tokens.view(n, tracks * len(MODALITIES), WIDTH), known.view(n, tracks * len(MODALITIES))


def sentence_vectors(texts: Texts) -> Tensor:
    """Return the unit vectors of texts, [n, 384], as the sentence encoder makes them; zero for an empty text."""
    weight = texts.real.to(texts.states.dtype)[..., None]
    mean = (texts.states * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
    return functional.normalize(mean, dim=-1) * texts.real.any(dim=1, keepdim=True)


def spoken(dialogue: Dialogue) -> tuple[str, str]:
    """Return the two texts that are read: the last message, and what came before it.

    Before it: the names of the newest liked tracks, then earlier messages, the newest first. What does not fit into the
    encoder's window falls off the end.
    """
    messages = list(dialogue.user_texts())
    liked = [turn.text for turn in reversed(dialogue.music) if turn.text and turn.liked is not False]
    return (messages[0] if messages else ""), ". ".join((*liked[:MAX_TRACKS], *messages[1:4]))


def played(dialogue: Dialogue, layout: CodeLayout) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the codes [tracks, 27] and ratings [tracks] of the newest tracks, the newest first.

    Raises ValueError for codes of another layout.
    """
    turns = list(reversed(dialogue.music))[:MAX_TRACKS]
    codes = np.array([layout.check(turn.semantic_id()) for turn in turns], dtype=np.uint8).reshape(-1, POSITIONS)
    rating = [_UNRATED if turn.liked is None else _LIKED if turn.liked else _DISLIKED for turn in turns]
    return codes, np.array(rating, dtype=np.int64)


def music_batch(rows: Sequence[tuple[NDArray[np.uint8], NDArray[np.int64]]]) -> Music:
    """Return the music of a batch of dialogues, each as `played` returns it."""
    longest = max((len(codes) for codes, _ in rows), default=0)
    codes = torch.zeros(len(rows), longest, POSITIONS, dtype=torch.int64)
    rating = torch.zeros(len(rows), longest, dtype=torch.int64)
    for row, (tracks, liked) in enumerate(rows):
        codes[row, : len(tracks)] = torch.from_numpy(tracks.astype(np.int64))
        rating[row, : len(tracks)] = torch.from_numpy(liked)
    return Music(codes, rating)


@torch.inference_mode()
def read_texts(body: MiniLM, tokenizer: MessageTokenizer, texts: Sequence[str]) -> Texts:
    """Return the token states of texts by a body that is not trained here; an empty text has none."""
    tokens = tokenizer(texts, [""] * len(texts))
    empty = torch.tensor([not text.strip() for text in texts])
    return Texts(body(tokens), tokens.real & ~empty[:, None])


def read_dialogue(body: MiniLM, tokenizer: MessageTokenizer, dialogue: Dialogue) -> tuple[Texts, Texts]:
    """Return the token states of a dialogue's two texts (see `spoken`), each of a batch of one.

    They are read together: a pass over a short text costs what it costs to fetch the weights, however many texts share
    it. Where nothing was said before, nothing is read.
    """
    message, before = spoken(dialogue)
    states, real = read_texts(body, tokenizer, [message, before] if before.strip() else [message])
    if not before.strip():
        return Texts(states, real), Texts(states[:, :0], real[:, :0])
    return Texts(states[:1], real[:1]), Texts(states[1:], real[1:])
