"""Reading: a message cut into words and word pieces, with what else can be seen of each word without a model.

`Reading` is what the network takes. The text is data throughout: a typed "[SEP]" or "<AC1-21>" becomes plain pieces,
never a token of control. Knows the catalog only as an entity linker.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from segue.agent.hear.cues import message_cues
from segue.agent.hear.vocabulary import LISTED, listed
from segue.generator.minilm import base_folder
from segue.generator.track import Track
from segue.tools.search.entities import EntityLinker, Mention
from segue.tools.search.words import Word, words, zipf

MOST_WORDS: Final = 150
"""Words of a message that the network reads; names are linked in more of it (`entities.LONGEST`)."""
MOST_PIECES: Final = 192
MOST_BEFORE: Final = 32
"""Pieces of the agent's last words, its end, that are read as context."""
_KINDS: Final = ("artist", "title", "album")
_PLAIN: Final = 14
LINKED: Final = _PLAIN + len(LISTED)
"""The first word feature that comes from the entity linker; all that follow do."""
WORD_FEATURES: Final = LINKED + 2 * len(_KINDS)

_QUOTES: Final = "\"'“”‘’«»„"
_CONTROL: Final = re.compile(r"<\|?[A-Za-z_/][\w/ -]{0,30}\|?>|\[/?[A-Z]{3,6}\]")
"""What is written like a token of control or a tag of markup; it says nothing about music."""
NEGATION: Final = frozenset(
    [
        "not",
        "no",
        "never",
        "without",
        "except",
        "less",
        "nothing",
        "dont",
        "doesnt",
        "isnt",
        "arent",
        "wasnt",
        "hate",
        "avoid",
        "too",
        "cant",
        "stop",
        "ban",
        "block",
        "remove",
        "drop",
        "excluding",
        "minus",
        "neither",
        "nor",
        "ohne",
        "kein",
        "keine",
        "nie",
        "sin",
        "nunca",
        "sem",
        "sans",
        "pas",
        "jamais",
        "senza",
        "mai",
        "hic",
    ]
)
_COMPARING: Final = frozenset(
    ["like", "similar", "resembling", "reminiscent", "vein", "style", "vibe", "reminds", "akin", "comparable"]
)
_REACH: Final = 5
"""Words over which a negation reaches, until "but" or the end of a clause."""


@dataclass(frozen=True)
class Reading:
    """A message as the network sees it."""

    text: str
    before: str
    """What was said before it."""
    words: tuple[Word, ...]
    """The words that are read."""
    mentions: tuple[Mention, ...]
    """What the entity linker found, in the whole message."""
    pieces: tuple[int, ...]
    """Piece ids: [CLS] message [SEP] before [SEP]."""
    own: int
    """How many of them belong to the message."""
    first: tuple[int, ...]
    """For each word the place of its first piece."""
    features: NDArray[np.float32]
    """Shape (words, WORD_FEATURES)."""
    cues: NDArray[np.float32]
    """Shape (CUES,): what the message as a whole shows."""


class Reader:
    """Turns messages into readings. Safe to share between threads."""

    def __init__(self, linker: EntityLinker) -> None:
        self.linker = linker
        self._tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True

    def __call__(self, text: str, before: str = "", shown: Sequence[Track] = ()) -> Reading:
        """Read `text`, said after `before` while the tracks `shown` were in sight."""
        # Blanks of the same length: offsets stay those of the message.
        clean = _CONTROL.sub(lambda match: " " * len(match[0]), text)
        found = words(clean)
        kept = found[:MOST_WORDS]
        end = kept[-1].end if len(kept) < len(found) else len(text)
        mentions = tuple(self.linker.link(clean, bare=_is_reply(before)))
        pieces, own, first = self._pieces(clean[: end + 20 * MOST_WORDS], before, kept)
        kept = kept[: len(first)]
        return Reading(
            text=text,
            before=before,
            words=tuple(kept),
            mentions=mentions,
            pieces=pieces,
            own=own,
            first=first,
            features=_word_features(text, kept, mentions, before, shown),
            cues=message_cues(text, found[:400], before, mentions, shown),
        )

    def _pieces(self, text: str, before: str, kept: Sequence[Word]) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
        encoded = self._tokenizer.encode(text[: 12 * MOST_PIECES * 4])
        ids, offsets = encoded.ids, encoded.offsets
        if len(ids) > MOST_PIECES:
            ids = [*ids[: MOST_PIECES - 1], ids[-1]]
            offsets = offsets[: MOST_PIECES - 1]
        first: list[int] = []
        place = 1
        for word in kept:
            while place < len(offsets) and offsets[place][1] <= word.start:
                place += 1
            if place >= len(offsets) or (place == len(ids) - 1):
                break
            first.append(place)
        context = self._tokenizer.encode(before[-600:]).ids[1:] if before.strip() else []
        context = context[-MOST_BEFORE:]
        return tuple(ids + context), len(ids), tuple(first)


def _is_reply(before: str) -> bool:
    """A message that spells nothing but a name is that name where it answers a question for one."""
    return not before.strip() or before.rstrip().endswith("?")


def _word_features(
    text: str, found: Sequence[Word], mentions: Sequence[Mention], before: str, shown: Sequence[Track]
) -> NDArray[np.float32]:
    rows = np.zeros((len(found), WORD_FEATURES), dtype=np.float32)
    said = {word.key for word in words(before[-600:])}
    titles = {word.key for track in shown for word in words(track.title)}
    artists = {word.key for track in shown for word in words(track.artist)}
    facets = listed(found)
    quoted = _quoted(text, found)
    negated, compared = _reach(text, found)
    for place, word in enumerate(found):
        raw = text[word.start : word.end]
        rare = zipf(word.key) < 6
        rows[place, :_PLAIN] = (
            raw[:1].isupper(),
            len(raw) > 1 and raw.isupper(),
            any(c.isdigit() for c in raw),
            quoted[place],
            word.key in titles and rare,
            word.key in artists and rare,
            word.key in said and rare,
            zipf(word.key) / 8,
            place == 0,
            place == len(found) - 1,
            raw[:1].isupper() and place > 0 and not text[: word.start].rstrip().endswith((".", "!", "?")),
            bool(set(text[word.end : word.end + 1]) & set(",.!?;:")),
            negated[place],
            compared[place],
        )
        for number, facet in enumerate(LISTED):
            rows[place, _PLAIN + number] = facet in facets[place]
    starts = {word.start: place for place, word in enumerate(found)}
    for mention in mentions:
        column = LINKED + 2 * _KINDS.index(mention.kind)
        for place, word in enumerate(found):
            if mention.start <= word.start < mention.end:
                rows[place, column] = mention.score
        if mention.start in starts:
            rows[starts[mention.start], column + 1] = mention.score
    return rows


def _reach(text: str, found: Sequence[Word]) -> tuple[list[bool], list[bool]]:
    """Tell for each word whether a negation stands shortly before it in its clause, and whether a comparison does."""
    negated, compared = [], []
    left = 0
    comparing = False
    for place, word in enumerate(found):
        gap = text[found[place - 1].end : word.start] if place else ""
        if set(gap) & set(".!?;"):
            left, comparing = 0, False
        if word.key == "but" and not (place and found[place - 1].key in ("anything", "everything", "all")):
            left, comparing = 0, False
        negated.append(left > 0)
        compared.append(comparing)
        anything_but = word.key == "but" and place > 0 and found[place - 1].key in ("anything", "everything", "all")
        left = _REACH if word.key in NEGATION or anything_but else max(0, left - 1)
        comparing = comparing or word.key in _COMPARING
    return negated, compared


def _quoted(text: str, found: Sequence[Word]) -> list[bool]:
    """Tell for each word whether it stands within quotation marks, which open before a word and close after one."""
    inside: list[bool] = []
    opened = False
    last = 0
    for word in found:
        gap = text[last : word.start]
        for place, character in enumerate(gap):
            if character in _QUOTES:
                following = gap[place + 1 :]
                opened = not following.strip() if not opened else bool(not following.strip() and character in "“«„")
        inside.append(opened)
        last = word.end
    return inside
