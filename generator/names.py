"""Names as people write them: folding for comparison, versions in titles, keys for artists and works.

Knows nothing of tracks or catalogs; every function takes and returns plain strings.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

_APOSTROPHES = re.compile(r"[’‘`´']")
_NOT_WORD = re.compile(r"[^\w]+|_")
_SPECIAL: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)

_CACHED: Final = 16_384
"""Results kept of each function: a library names the same artists, albums and titles again and again."""


@lru_cache(maxsize=_CACHED)
def fold(text: str) -> str:
    """Fold `text` for comparison: NFKC, case, accents, apostrophes and punctuation no longer matter.

    "Beyoncé" -> "beyonce", "Guns N’ Roses" -> "guns n roses", "AC/DC" -> "ac dc", "Sigur Rós & Björk" ->
    "sigur ros and bjork". A name of punctuation alone ("!!!") keeps its characters, so that it can still be found.
    """
    if text.isascii():
        lowered = bare = text.lower()
    else:
        lowered = unicodedata.normalize("NFKC", text).casefold().translate(_SPECIAL)
        # Decomposing splits Hangul syllables into letters as well: what is no accent is put together again.
        letters = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
        bare = unicodedata.normalize("NFC", "".join(letters))
    bare = _APOSTROPHES.sub("", bare).replace("&", " and ").replace("$", "s")
    words = _NOT_WORD.sub(" ", bare).split()
    return " ".join(words) or "".join(lowered.split())


def artist_key(name: str) -> str:
    """Return the folded name of an artist without a leading article: "The Beatles" and "beatles" are one artist."""
    folded = fold(name)
    bare = folded.removeprefix("the ")
    return bare or folded


# The label that a version carries, by the words that announce it. Order matters: the first match names the version.
_VERSIONS: Final[tuple[tuple[str, str], ...]] = (
    ("karaoke", r"karaoke|in the style of|originally performed by|made famous by|tribute to"),
    ("live", r"^(\w+ )?live$|^(recorded )?live (at|from|in|on|version|session|recording|\d)"),
    ("live", r"unplugged|in concert|bbc session"),
    ("re-recorded", r"re ?recorded|taylors version|new recording"),
    ("radio edit", r"radio (edit|mix|version)|(single|short) version|edit"),
    ("remix", r"remix|rmx|rework|bootleg|vip mix|club mix|dub mix|\w+ mix|refix|mixed"),
    ("acoustic", r"acoustic|stripped|piano version"),
    ("demo", r"demo|outtake|alternate take|early take|rough mix"),
    ("instrumental", r"instrumental|backing track"),
    ("a cappella", r"a ?cappella|acapella"),
    ("sped up", r"sped up|nightcore"),
    ("slowed", r"slowed|reverb"),
    ("extended", r"extended|12 inch|12 version|long version|full length version"),
    ("remaster", r"remaster(ed)?|digital(ly)? remaster(ed)?|\d{4} remaster(ed)?"),
    ("mono", r"mono|stereo"),
    ("cover", r"cover( version)?"),
    (
        "version",
        r"^from (the )?\w+|(album|original|lp|ep|film|movie|soundtrack|video) (version|mix|recording|cut)|^deluxe\b",
    ),
    ("version", r"^(explicit|clean|bonus track|official (audio|video)|main version|original)$"),
)
_VERSION_PATTERNS: Final = tuple((label, re.compile(rf"\b(?:{words})\b")) for label, words in _VERSIONS)
_PLAIN_LABELS: Final = frozenset({"remaster", "mono", "version"})
_BRACKET = re.compile(r"\s*[\(\[]([^()\[\]]*)[\)\]]")
_DASH = re.compile(r"\s+[-–—]\s+([^-–—]+)$")
_FEATURING = re.compile(
    r"^\s*(?:feat(?:uring)?\b|ft\b|w/|with\b(?!\s+(?:an?|my|me|you|your|no|or|love)\b))\.?\s*(.+)$", re.IGNORECASE
)
_INLINE_FEATURING = re.compile(r"\s+(?:feat(?:uring)?|ft)\b\.?\s+(.+)$", re.IGNORECASE)
_KARAOKE_OF = re.compile(
    r"(?:in the style of|originally performed by|made famous by|tribute to)\s+(?P<artist>[^()\[\]]+)", re.IGNORECASE
)
_ARTIST_SPLIT = re.compile(r"\s*(?:,|;|&|\band\b|\bx\b)\s*", re.IGNORECASE)


class TitleParts(NamedTuple):
    """A title taken apart by `split_title`."""

    base: str
    """The title of the work, without version and guests."""
    version: str | None
    """What kind of version this is ("live", "remaster", "remix" ...); None for the plain recording."""
    featured: tuple[str, ...]
    """Guests named in the title ("feat. Rihanna")."""
    original_artist: str | None
    """Whom a karaoke or tribute version imitates, where the title says so."""


def _version_label(note: str) -> str | None:
    folded = fold(note)
    return next((label for label, pattern in _VERSION_PATTERNS if pattern.search(folded)), None)


@lru_cache(maxsize=_CACHED)
def split_title(title: str) -> TitleParts:
    """Take a title apart into the work, the kind of version, the guests and the artist that it imitates.

    "Love The Way You Lie (feat. Rihanna) - Live" -> base "Love The Way You Lie", version "live", featured ("Rihanna",).
    Brackets that say neither ("(Sittin' On) The Dock of the Bay") stay in the base.
    """
    base, featured, notes = title, [], []
    for bracket in _BRACKET.finditer(title):
        note = bracket.group(1)
        guest = _FEATURING.match(note)
        if guest:
            featured += [name for name in _ARTIST_SPLIT.split(guest.group(1)) if name]
        elif _version_label(note) and bracket.start() > 0:
            notes.append(note)
        else:
            continue
        base = base.replace(bracket.group(0), "", 1)
    while (dash := _DASH.search(base)) and dash.start() > 0 and _version_label(dash.group(1)):
        notes.append(dash.group(1))
        base = base[: dash.start()]
    guest = _INLINE_FEATURING.search(base)
    if guest and guest.start() > 0:
        featured += [name for name in _ARTIST_SPLIT.split(guest.group(1)) if name]
        base = base[: guest.start()]
    labels = [label for note in notes if (label := _version_label(note))]
    # "Live - Remastered 2009" is a live version: what changes the music outranks what only changes the pressing.
    version = next((label for label in labels if label not in _PLAIN_LABELS), labels[0] if labels else None)
    imitated = _KARAOKE_OF.search(title)
    original = imitated.group("artist").strip() if imitated else None
    return TitleParts(base.strip() or title.strip(), version, tuple(featured), original)


def work_key(title: str, artist: str) -> str:
    """Return the id shared by all versions of one work: 16 hex digits of the folded base title and the artist's key."""
    parts = split_title(title)
    text = f"{fold(parts.base)}\x1f{artist_key(parts.original_artist or artist)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
