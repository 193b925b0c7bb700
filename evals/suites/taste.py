"""Whether what is remembered of a listener is what a suite expects."""

from collections.abc import Iterator

from segue.evals.suites.facts import contains_words
from segue.evals.suites.schema import TasteExpectation
from segue.memory.profile import Taste

_Known = tuple[str, str]
"""Kind and name of something that is remembered."""


def taste_checks(expected: TasteExpectation, taste: Taste) -> Iterator[tuple[str, str]]:
    """Yield the checks of one expectation, each with what is wrong."""
    liked: list[_Known] = [(lean.subject.kind, lean.name) for lean in taste.leanings if lean.strength > 0]
    disliked: list[_Known] = [(lean.subject.kind, lean.name) for lean in taste.leanings if lean.strength < 0]
    banned: list[_Known] = [(ban.subject.kind, ban.name) for ban in taste.bans]
    for name in expected.likes:
        yield "taste likes", _missing(name, liked, "liked")
    for name in expected.avoids:
        yield "taste avoids", _missing(name, disliked + banned, "disliked or banned")
    for name in expected.never:
        yield "taste never", _missing(name, banned, "banned")
    for name in expected.nothing_about:
        there = [kind for kind in (liked, disliked, banned) if any(_is(name, known) for known in kind)]
        yield "taste nothing about", f"{name!r} is still remembered: {_shown(there[0])}" if there else ""


def _is(expected: str, known: _Known) -> bool:
    """Tell whether "artist:Sade" or "Sade" is what is known; a name holds for longer ones that contain it."""
    kind, colon, value = expected.partition(":")
    if colon and kind == known[0]:
        return contains_words(known[1], value)
    return contains_words(known[1], expected)


def _missing(name: str, known: list[_Known], what: str) -> str:
    return "" if any(_is(name, one) for one in known) else f"{name!r} is not {what}: {_shown(known)}"


def _shown(known: list[_Known]) -> str:
    return ", ".join(f"{kind}:{name}" for kind, name in known[:12]) or "nothing is"
