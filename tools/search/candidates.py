"""Candidate mentions: every way in which a stretch of a message may spell a name of the catalog.

Walks the trie of names from each word of the message, letting a word stand for itself, for its possessive's owner, for
a word it misspells, or together with its neighbour for one written as one. Finds much too much on purpose: which
candidates are meant is weighed in `evidence.py`.
"""

from typing import NamedTuple

from segue.tools.search.name_index import NameIndex
from segue.tools.search.name_table import Form
from segue.tools.search.spelling import Speller
from segue.tools.search.words import Word, is_unspaced, zipf

COMMON = 4.0
"""Zipf frequency from which on a word is taken as spelt as meant."""


class Candidate(NamedTuple):
    """A stretch of the message that may spell a name."""

    first: int
    """Number of its first word in the message."""
    stop: int
    """Number of the word behind its last."""
    name: int
    form: Form
    edits: int
    """Letters that differ from the name as indexed."""
    owner: bool
    """Whether a possessive "s" was taken off its last word."""


class _Reading(NamedTuple):
    word: int
    width: int
    edits: int
    owner: bool


def find_candidates(message: list[Word], names: NameIndex, speller: Speller) -> list[Candidate]:
    """Return all candidates of `message`, each (stretch, name) once, in its reading with the fewest edits."""
    readings = [_readings(message, place, names, speller) for place in range(len(message))]
    best: dict[tuple[int, int, int], Candidate] = {}
    for first in range(len(message)):
        stack = [(0, first, 0, False)]
        while stack:
            node, place, edits, owner = stack.pop()
            for ending in names.endings(node):
                found = Candidate(first, place, ending.name, ending.form, edits, owner)
                if _plausible(found, message, names):
                    key = (first, place, ending.name)
                    known = best.get(key)
                    if known is None or _effort(found) < _effort(known):
                        best[key] = found
            if place == len(message) or owner:
                continue
            for reading in readings[place]:
                following = names.step(node, reading.word)
                if following is not None:
                    stack.append((following, place + reading.width, edits + reading.edits, reading.owner))
    return list(best.values())


def _effort(found: Candidate) -> tuple[int, bool, bool]:
    """How far a reading is from the name in full; the nearest reading of a stretch as a name counts."""
    return found.edits, found.owner, found.form != "full"


def _readings(message: list[Word], place: int, names: NameIndex, speller: Speller) -> list[_Reading]:
    key = message[place].key
    vocabulary = names.vocabulary
    found: dict[int, _Reading] = {}
    if key in vocabulary:
        found[vocabulary[key]] = _Reading(vocabulary[key], 1, 0, False)
    if len(key) > 3 and key.endswith("s") and key[:-1] in vocabulary:
        found.setdefault(vocabulary[key[:-1]], _Reading(vocabulary[key[:-1]], 1, 0, True))
    if place + 1 < len(message) and not is_unspaced(key):
        joined = key + message[place + 1].key
        if len(joined) >= 5 and joined in vocabulary:
            found.setdefault(vocabulary[joined], _Reading(vocabulary[joined], 2, 0, False))
    if not key.isdigit() and zipf(key) < COMMON:
        for correction in speller.corrections(key):
            found.setdefault(correction.word, _Reading(correction.word, 1, correction.edits, False))
    return list(found.values())


def _plausible(found: Candidate, message: list[Word], names: NameIndex) -> bool:
    """Refuse what nobody would read as the name: too many slips, corrected short forms, one letter of a script."""
    words = message[found.first : found.stop]
    letters = sum(len(word.key) for word in words)
    if found.edits:
        if found.form in ("initials", "part", "joined"):
            return False
        if letters < 5 or found.edits > max(1, letters // 6):
            return False
    if all(is_unspaced(word.key) for word in words):
        return letters >= 2
    return True
