"""Real music requests with the artists and works that they mention (MusicRecoNER's format, as JSON Lines).

Each line holds `query` (as typed), `normalised` and `mentions`: `{mention, type: "Artist" | "WoA", name}`, where
`name` is a Wikipedia title ("Morphine_(band)") or empty. Truth is placed in the query as typed, word by word. Knows no
catalog.
"""

import hashlib
import re
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_objects
from segue.tools.search.words import Word, keys, words

_BRACKETS = re.compile(r"\s*\([^()]*\)$")


class Truth(NamedTuple):
    """One mention that the annotators marked."""

    first: int
    """Number of its first word in the query."""
    stop: int
    """Number of the word behind its last."""
    type: Literal["Artist", "WoA"]
    mention: str
    """As in the normalised text."""
    name: str
    """The Wikipedia title as a plain name, or ""."""


class Request(NamedTuple):
    """One request."""

    query: str
    words: list[Word]
    truths: list[Truth]
    missed: int
    """Mentions that could not be placed in the query as typed."""

    @property
    def held_out(self) -> bool:
        """Whether the request is kept aside from fitting and tuning: a fifth, by the hash of the query."""
        return int(hashlib.sha256(self.query.encode()).hexdigest(), 16) % 5 == 0


def plain_name(title: str) -> str:
    """Turn a Wikipedia title into a name: "Morphine_(band)" -> "Morphine", "Travelin%27_Band" -> "Travelin' Band"."""
    return _BRACKETS.sub("", unquote(title).replace("_", " ")).strip()


def read_requests(path: Path) -> list[Request]:
    """Return the requests of a JSON Lines file, gzipped or not. A malformed line raises SourceError with its number."""
    requests: list[Request] = []
    for number, row in read_objects(path):
        try:
            marked = [(m["mention"], m["type"], plain_name(m.get("name") or "")) for m in row["mentions"]]
            requests.append(_place(row["query"], marked))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"{path}, line {number}: not a request with query and mentions ({error})") from error
    return requests


def _place(query: str, marked: list[tuple[str, Literal["Artist", "WoA"], str]]) -> Request:
    found = words(query)
    truths: list[Truth] = []
    after: dict[str, int] = {}
    missed = 0
    for mention, kind, name in marked:
        wanted = "".join(keys(mention))
        span = _locate(found, wanted, after.get(wanted, 0))
        if span is None:
            missed += 1
            continue
        after[wanted] = span[1]
        truths.append(Truth(*span, kind, mention.strip(), name))
    return Request(query, found, truths, missed)


def _locate(found: list[Word], wanted: str, start: int) -> tuple[int, int] | None:
    """Find the first words from `start` on whose letters run together spell `wanted`."""
    for first in range(start, len(found)):
        letters = ""
        for stop in range(first, len(found)):
            letters += found[stop].key
            if letters == wanted:
                return first, stop + 1
            if not wanted.startswith(letters):
                break
    return None
