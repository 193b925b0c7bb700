"""Refuses sentences that say more than the catalog knows, whoever wrote them.

Every word of a text must be one that claims nothing (`neutral.txt`), or belong to a field of the tracks that its
sentence speaks of: what stands behind a title belongs to that track, what stands before the first title to all tracks
named in the sentence, and a sentence without a name speaks of the whole answer. So "1994" behind a title is that
track's year, and "prize-winning" passes only where a fact of the track says so. Sound for words, not for meaning: a
true word in a twisted sentence would pass, which is why nothing may be denied of a track either.

Reads English. Text in another language is refused, and the templates answer in its place.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from segue.agent.reply.claims import names_of, words_of
from segue.generator.names import fold
from segue.generator.track import Track
from segue.tools.search.words import Word, keys, words

_NEUTRAL: Final = Path(__file__).with_name("neutral.txt")
_END: Final = re.compile(r"[.!?;\n]+(?=\s|$)")
_SHARES: Final = {"mostly": 0.5, "most": 0.5, "some": 0.0, "few": 0.0}
"""Of how many tracks of an answer a sentence must be true; without such a word, of all."""
_DENIAL: Final = frozenset(
    {"no", "not", "none", "never", "without", "nothing", "isnt", "arent", "doesnt", "dont", "cant"}
)
_TITLE, _ARTIST, _ALBUM = "title", "artist", "album"


@dataclass(frozen=True)
class _Name:
    """A name of shown tracks within a text."""

    start: int
    stop: int
    kind: str
    tracks: frozenset[int]


@cache
def neutral_words() -> frozenset[str]:
    """Return the folded words that claim nothing."""
    lines = _NEUTRAL.read_text("utf-8").splitlines()
    return frozenset(key for line in lines if not line.startswith("#") for key in keys(line))


def unsupported(text: str, tracks: Sequence[Track], listener: str = "") -> tuple[str, ...]:
    """Return the pieces of `text` that no field of `tracks` bears out; none where everything is true.

    Args:
        text: what is about to be said.
        tracks: the tracks that it is about.
        listener: the listener's message; its words may be repeated in sentences that name no track.
    """
    echoed = frozenset(keys(listener))
    found: list[str] = []
    for sentence in sentences(text, tracks):
        found += _check(sentence, tracks, echoed)
    return tuple(dict.fromkeys(found))


def settled(text: str, tracks: Sequence[Track]) -> list[str]:
    """Return the sentences of a text that is still being written which nothing that follows can change.

    What ends with the beginning of a name may go on with it: after "Play Mr. Blue" nobody knows yet where the sentence
    ends. Joined, the pieces are the beginning of the text.
    """
    open_from = _begun(text, tracks)
    whole: list[str] = []
    at = 0
    for sentence in sentences(text, tracks):
        at += len(sentence)
        # White space has to follow: "3." may become "3.5".
        if at >= min(len(text), open_from):
            break
        whole.append(sentence)
    return whole


def _begun(text: str, tracks: Sequence[Track]) -> int:
    """Return where at the end of a text a name of a track may have begun; the text's length where none has."""
    found = words(text)
    written = [word.key for word in found]
    first = len(text)
    for name in {keys(name) for track in tracks for name in names_of(track)}:
        for count in range(1, min(len(name), len(written)) + 1):
            tail, last = tuple(written[-count:]), name[count - 1]
            unfinished = tail != name
            if unfinished and tail[:-1] == name[: count - 1] and last.startswith(tail[-1]):
                first = min(first, found[-count].start)
    return first


def sentences(text: str, tracks: Sequence[Track]) -> Iterable[str]:
    """Cut a text, losing nothing, at the ends of sentences that do not stand within a name ("Mr. Blue Sky")."""
    held = [(name.start, name.stop) for name in _names(words(text), text, tracks)]
    cut = 0
    for end in _END.finditer(text):
        if not any(first < end.start() < last for first, last in held):
            yield text[cut : end.end()]
            cut = end.end()
    yield text[cut:]


def _names(found: Sequence[Word], text: str, tracks: Sequence[Track]) -> list[_Name]:
    """Return the names of tracks in a text, longest first where they overlap, in order; places are of characters."""
    spelt: dict[tuple[str, ...], tuple[str, set[int]]] = {}
    for place, track in enumerate(tracks):
        kinds = [(name, _TITLE) for name in names_of(track)]
        artists = {fold(artist.name) for artist in track.artists} | {fold(track.artist)}
        for name, _ in kinds:
            kind = _ARTIST if fold(name) in artists else _ALBUM if name == track.album else _TITLE
            if kind == _ALBUM and fold(name) == fold(track.title):
                kind = _TITLE
            key = keys(name)
            if key:
                known = spelt.setdefault(key, (kind, set()))
                known[1].add(place)
    longest = max(map(len, spelt), default=0)
    names: list[_Name] = []
    at = 0
    while at < len(found):
        for length in range(min(longest, len(found) - at), 0, -1):
            key = tuple(word.key for word in found[at : at + length])
            kind, borne = spelt.get(key, (_TITLE, set()))
            # A title such as "Now" is a name only where it is written as one.
            if borne and (length > 1 or key[0] not in neutral_words() or _quoted(text, found[at])):
                names.append(_Name(found[at].start, found[at + length - 1].end, kind, frozenset(borne)))
                at += length
                break
        else:
            at += 1
    return names


def _quoted(text: str, word: Word) -> bool:
    return word.start > 0 and text[word.start - 1] in "“\"«'‘"


def _check(sentence: str, tracks: Sequence[Track], echoed: frozenset[str]) -> list[str]:
    if any(keys(sentence) == keys(fact) for track in tracks for fact in _stated(track)):
        return []
    found = words(sentence)
    names = _names(found, sentence, tracks)
    titles = [name for name in names if name.kind == _TITLE]
    inside = {word.start for word in found for name in names if name.start <= word.start < name.stop}
    plain = [word for word in found if word.start not in inside]
    if not titles:
        return _check_general(plain, names, tracks, echoed)
    # What stands before the first title is said of all that the sentence names.
    wrong: list[str] = []
    for number, title in enumerate([None, *titles]):
        first = title.stop if title else 0
        last = titles[number].start if number < len(titles) else len(sentence)
        subjects = _subjects(title, titles, names, first, last, wrong)
        for word in plain:
            if first <= word.start < last:
                harmless = word.key in neutral_words() and word.key not in _DENIAL
                if not harmless and (word.key in _DENIAL or not _borne(word.key, tracks, subjects, title is None)):
                    wrong.append(word.key)
    return wrong


def _stated(track: Track) -> Iterable[str]:
    """Yield the sentences that the catalog itself says of a track."""
    for text in (*track.facts, *(artist.about for artist in track.artists if artist.about)):
        yield text
        yield from _END.split(text)


def _subjects(
    title: _Name | None, titles: list[_Name], names: list[_Name], first: int, last: int, wrong: list[str]
) -> frozenset[int]:
    """Return the tracks that a stretch of a sentence speaks of, narrowed by the artists and albums named in it."""
    if title is None:
        return frozenset().union(*(name.tracks for name in titles))
    subjects = title.tracks
    for name in names:
        if name.kind != _TITLE and first <= name.start < last:
            if not subjects & name.tracks:
                wrong.append("a name behind the title of another")
            subjects = subjects & name.tracks or subjects
    return subjects


def _borne(word: str, tracks: Sequence[Track], subjects: frozenset[int], by_all: bool) -> bool:
    bears = [word in words_of(tracks[place]) for place in subjects]
    return all(bears) if by_all else any(bears)


def _check_general(
    plain: Sequence[Word], names: Sequence[_Name], tracks: Sequence[Track], echoed: frozenset[str]
) -> list[str]:
    """Check a sentence without a title: of the artists that it names, or else of the whole answer."""
    keyed = [word.key for word in plain]
    if names:
        subjects = frozenset().union(*(name.tracks for name in names))
        return [
            key
            for key in keyed
            if key in _DENIAL or not (key in neutral_words() or any(key in words_of(tracks[at]) for at in subjects))
        ]
    needed = min((share for word, share in _SHARES.items() if word in keyed), default=1.0)
    wrong = []
    for key in keyed:
        if key in neutral_words() or key in echoed or (key.isdigit() and int(key) == len(tracks)):
            continue
        bears = sum(key in words_of(track) for track in tracks)
        if not bears or bears < needed * len(tracks):
            wrong.append(key)
    return wrong
