"""Takes apart how artists are billed: "A; B", "A, B", "A feat. B", but never "Earth, Wind & Fire".

A separator inside a name looks like a separator between names, so every rule errs on the side of one name: names known
to hold commas are protected, three single words joined by a comma and "&" stay one band, and "&" divides only what
stands on both sides as an artist elsewhere in the library.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from segue.generator.names import artist_key, split_title

_WITH_COMMA: Final = (
    "Tyler, The Creator", "Earth, Wind & Fire", "Earth, Wind and Fire", "Crosby, Stills, Nash & Young",
    "Crosby, Stills & Nash", "Emerson, Lake & Palmer", "Blood, Sweat & Tears", "Peter, Paul and Mary",
    "Peter, Paul & Mary", "Peter, Bjorn and John", "Dave Dee, Dozy, Beaky, Mick & Tich", "Beck, Bogert & Appice",
    "Hamilton, Joe Frank & Reynolds", "Lambert, Hendricks & Ross", "Medeski, Martin & Wood", "10,000 Maniacs",
    "Sarah, the Illstrumentalist", "Now, Now", "Oh, Sleeper", "I, the Breather",
)  # fmt: skip
_PROTECTED: Final = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(name) for name in sorted(_WITH_COMMA, key=len, reverse=True)) + r")(?!\w)",
    re.IGNORECASE,
)
_SAFE: Final = re.compile(r"\s*(?:;|\||\\+|\0| / )\s*")
_FEATURING: Final = re.compile(r"[\s,(\[]+(?:feat|ft|featuring)\b\.?[\s,]*(?=\S)", re.IGNORECASE)
_ONE_BAND: Final = re.compile(r"\w+(?:, \w+)+,? (?:&|and) \w+", re.IGNORECASE)
_INVERTED: Final = re.compile(r"([^,]+), (The|Les|Die|Los)", re.IGNORECASE)

Known = Callable[[str], bool]
"""Whether a name, given as `artist_key`, is billed alone somewhere in the library."""


def nobody(_: str) -> bool:
    """The `Known` of a library of which nothing is known."""
    return False


def split_artists(billing: str, known: Known = nobody) -> list[str]:
    """Return the names in `billing`, the main artist first, each once."""
    names: list[str] = []
    for part in _SAFE.split(billing):
        main, *guests = _FEATURING.split(part)
        names += _split_commas(main, known)
        for guest in guests:
            for name in _split_commas(guest.rstrip(")] "), known):
                names += [piece.strip() for piece in name.split(" & ")] if " & " in name else [name]
    return _distinct(names)


def featured_in(title: str) -> list[str]:
    """Return the guests that a title names ("Umbrella (feat. JAY-Z)")."""
    return [name.strip() for name in split_title(title).featured if name.strip()]


def _distinct(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        name = name.strip(" ,")
        if name:
            found.setdefault(artist_key(name), name)
    return list(found.values())


def _split_commas(billing: str, known: Known) -> list[str]:
    if "," not in billing:
        return _split_ampersand(billing, known)
    inverted = _INVERTED.fullmatch(billing)
    if inverted and not _PROTECTED.fullmatch(billing):
        return [f"{inverted.group(2)} {inverted.group(1)}"]
    if _PROTECTED.fullmatch(billing) or _ONE_BAND.fullmatch(billing):
        return [billing]
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\x00{len(kept) - 1}\x00"

    names: list[str] = []
    for part in re.split(r",\s+", _PROTECTED.sub(keep, billing)):
        whole = re.sub(r"\x00(\d+)\x00", lambda mark: kept[int(mark.group(1))], part)
        names += [whole] if whole != part else _split_ampersand(part, known)
    return names


def _split_ampersand(billing: str, known: Known) -> list[str]:
    if " & " not in billing:
        return [billing]
    parts = [part.strip() for part in billing.split(" & ")]
    # "Simon & Garfunkel" is one act unless both names are billed alone elsewhere.
    return parts if all(part and known(artist_key(part)) for part in parts) else [billing]
