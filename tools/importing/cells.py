"""Reads single cells: numbers, durations, dates, keys, lists and identifiers, as people and programs write them.

Every function returns the value, or None where the cell says "not known", and raises `CellError` where it says
something that cannot be understood; nothing is guessed from such a cell. Knows no columns.
"""

import ast
import math
import re
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json

from segue.generator.track import KEYS, clean_text


class CellError(ValueError):
    """A cell holds something that its column cannot mean."""


_UNKNOWN: Final = frozenset(
    {"", "-", "--", "?", "n/a", "na", "nan", "null", "none", "nil", "unknown", "undefined", "#n/a"}
)


def is_hole(value: Any) -> bool:
    """Whether a cell says "not known"."""
    if value is None:
        return True
    if isinstance(value, str):
        return len(value) <= 12 and value.strip().casefold() in _UNKNOWN
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, list | tuple | dict) and not value


def text(value: Any) -> str:
    """Return a cell as text; numbers lose a trailing ".0"."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellError(f"text is needed, found {type(value).__name__}")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def number(value: Any) -> float:
    """Return a cell as a finite number; "1,234" and "1.234,5" are refused, for nobody knows which is meant."""
    if isinstance(value, bool):
        raise CellError("a number is needed, found yes/no")
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise CellError(f"not a number: {str(value)[:40]!r}") from None
    if not math.isfinite(result):
        raise CellError(f"not a finite number: {str(value)[:40]!r}")
    return result


def share(value: Any, *, percent: bool = False) -> float:
    """Return a number from 0 to 1, given as such or in percent."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        value, percent = value.rstrip()[:-1], True
    result = number(value) / (100 if percent else 1)
    if not 0 <= result <= 1:
        raise CellError(f"not a number from 0 to 1: {str(value)[:40]!r}")
    return result


def popularity(value: Any) -> float:
    """Return Spotify's 0..100 as a share; a fraction below 1 is taken for a share already."""
    result = number(value)
    return share(result, percent=not 0 < result < 1)


def count(value: Any) -> int:
    """Return a whole number of at least 0."""
    result = number(value)
    if result < 0 or not result.is_integer():
        raise CellError(f"not a count: {str(value)[:40]!r}")
    return int(result)


def milliseconds(value: Any) -> float | None:
    """Return seconds from milliseconds; 0 means not known."""
    return seconds(number(value) / 1000)


_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)")
_LONGEST: Final = 20_000
"""Above this many "seconds" (5.5 hours) a duration without a unit must be milliseconds."""


def seconds(value: Any) -> float | None:
    """Return seconds from a number or "3:45" or "1:02:03"; 0 means not known."""
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        hours, minutes, rest = clock.groups()
        result = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
    else:
        result = number(value)
        result = result / 1000 if result > _LONGEST else result
    if result < 0:
        raise CellError(f"not a duration: {str(value)[:40]!r}")
    return result or None


_TEMPI: Final = {
    "slow": "slow", "mid": "mid", "medium": "mid", "moderate": "mid", "midtempo": "mid", "mid tempo": "mid",
    "mid-tempo": "mid", "fast": "fast", "uptempo": "fast", "up-tempo": "fast",
}  # fmt: skip


def tempo_class(value: Any) -> str | None:
    """Return "slow", "mid" or "fast" where the cell is such a word, else None."""
    return _TEMPI.get(value.strip().casefold()) if isinstance(value, str) else None


def tempo(value: Any) -> float | None:
    """Return beats per minute; 0 means not known (as in Spotify's features)."""
    if isinstance(value, str):
        value = re.sub(r"\s*bpm\s*$", "", value, flags=re.IGNORECASE)
    result = number(value)
    if not 0 <= result <= 1000:
        raise CellError(f"not a tempo: {str(value)[:40]!r}")
    return result or None


_TONES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
_KEY: Final = re.compile(
    r"([A-Ha-h])\s*(#|♯|b|♭|[- ]?sharp|[- ]?flat)?\s*[-/]?\s*(major|minor|maj|min|dur|moll|m|M)?", re.IGNORECASE
)
_CAMELOT: Final = re.compile(r"(1[0-2]|[1-9])\s*([ABab])")
_MODES: Final = {
    "major": 0, "maj": 0, "dur": 0, "minor": 1, "min": 1, "moll": 1, "m": 1, "1": 0, "0": 1, "1.0": 0, "0.0": 1,
}  # fmt: skip


def mode(value: Any) -> int | None:
    """Return 0 for major and 1 for minor (an index into `KEYS` in twelves), from words or from Spotify's 1 and 0."""
    found = _MODES.get(str(value).strip().casefold())
    if found is None:
        raise CellError(f"not a mode: {str(value)[:40]!r}")
    return found


def key(value: Any, minor: int | None) -> str | None:
    """Return one of `KEYS` from a pitch class (0..11, -1 not known), a name ("F#m", "Bb major") or Camelot ("8A").

    `minor` is the mode of a column of its own (0 major, 1 minor), which a pitch class needs; a bare name means major.
    """
    if not isinstance(value, str) or re.fullmatch(r"-?\d+(\.0+)?", value.strip()):
        pitch = number(value)
        if pitch == -1:
            return None
        if pitch not in range(12):
            raise CellError(f"not a pitch class from 0 to 11: {str(value)[:40]!r}")
        if minor is None:
            raise CellError("a key given as a number needs a mode (major or minor) beside it")
        return KEYS[int(pitch) + 12 * minor]
    word = value.strip()
    if camelot := _CAMELOT.fullmatch(word):
        # Camelot's wheel climbs by fifths; 8B is C major and 8A its relative minor.
        fifths = (int(camelot.group(1)) - 8) * 7
        return KEYS[fifths % 12] if camelot.group(2) in "Bb" else KEYS[(fifths + 9) % 12 + 12]
    match = _KEY.fullmatch(word)
    if not match:
        raise CellError(f"not a key: {word[:40]!r}")
    tone, accidental, quality = match.groups()
    shift = 0 if not accidental else 1 if accidental.strip(" -").casefold() in {"#", "♯", "sharp"} else -1
    if quality:
        minor = 0 if quality == "M" else _MODES[quality.casefold()]
    return KEYS[(_TONES[tone.upper()] + shift) % 12 + 12 * (minor or 0)]


_KINDS: Final = {"song": "track", "music": "track", "podcast": "episode", "podcast episode": "episode"}
_FILE_KIND: Final = re.compile(r"\b(?:audio|file|stream)\b|audiodatei", re.IGNORECASE)


def kind(value: Any) -> str | None:
    """Return what an item is ("track", "episode", or a word that no item can be); None for "MPEG audio file"."""
    word = " ".join(text(value).casefold().replace("_", " ").split())
    return None if _FILE_KIND.search(word) else _KINDS.get(word, word)


_ISO: Final = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?(?:[T ].*)?")
_DAY_FORMATS: Final = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%Y%m%d")


def released(value: Any) -> str | None:
    """Return YYYY, YYYY-MM or YYYY-MM-DD; year 0 means not known, an unknown month or day ("00") is left out.

    Dates whose order of day and month is anyone's guess ("03/04/1999") are refused.
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    word = text(value) if isinstance(value, int | float | str) else str(value)
    match = _ISO.fullmatch(word)
    if match:
        year, month, day = match.groups()
        if int(year) == 0:
            return None
        if not month or int(month) == 0:
            return year
        return f"{year}-{int(month):02}" if not day or int(day) == 0 else f"{year}-{int(month):02}-{int(day):02}"
    if word == "0":
        return None
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(word, form).date().isoformat()
        except ValueError:
            continue
    raise CellError(f"not a date: {word[:40]!r}")


_SEPARATORS: Final = re.compile(r"\s*(?:;|\||\\+|\0| / )\s*")


def items(value: Any, *, commas: bool = False) -> list[str]:
    """Return the entries of a list, or of a text that holds one ("a; b", '["a", "b"]', with `commas` also "a, b")."""
    if isinstance(value, str):
        value = value.strip()
        if value.startswith("[") and value.endswith("]"):
            return items(_literal(value), commas=commas)
        parts = _SEPARATORS.split(value)
        if commas and len(parts) == 1:
            parts = value.split(",")
        return [part for part in map(clean_text, parts) if not is_hole(part)]
    if isinstance(value, list | tuple):
        found = []
        for entry in value:
            if isinstance(entry, dict):
                entry = entry.get("name")
            if not is_hole(entry):
                # The track cleans its texts itself; doing so here as well doubles the cost of long lists.
                found.append(entry if isinstance(entry, str) else text(entry))
        return found
    return [text(value)]


def _literal(value: str) -> list[Any]:
    try:
        parsed = from_json(value)
    except ValueError:
        try:
            # Data frames saved as CSV hold lists as Python writes them: "['rock', 'pop']".
            parsed = ast.literal_eval(value) if len(value) < 20_000 else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            parsed = None
    # A title in brackets is no list: the text itself is the only entry.
    return parsed if isinstance(parsed, list) else [value[1:-1]]


_SPOTIFY: Final = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?"
)
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_YOUTUBE: Final = re.compile(r"(?:https?://(?:www\.|music\.)?youtu(?:be\.com/watch\?v=|\.be/))?([\w-]{11})(?:[&?].*)?")


def spotify(value: str) -> str | None:
    """Return a Spotify track id from an id, a URI or a link; a local file's URI is no id."""
    if value.startswith("spotify:local:"):
        return None
    match = _SPOTIFY.fullmatch(value)
    if not match:
        raise CellError(f"not a Spotify track: {value[:60]!r}")
    return match.group(1)


def isrc(value: str) -> str:
    """Return an ISRC in capitals without dashes."""
    code = re.sub(r"[\s-]", "", value).upper().removeprefix("ISRC")
    if not _ISRC.fullmatch(code):
        raise CellError(f"not an ISRC: {value[:40]!r}")
    return code


def musicbrainz(value: str) -> str:
    """Return a MusicBrainz id from an id or a link that ends in one."""
    code = value.strip().casefold().rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    if not _UUID.fullmatch(code):
        raise CellError(f"not a MusicBrainz id: {value[:60]!r}")
    return code


def youtube(value: str) -> str:
    """Return a YouTube video id from an id or a link."""
    match = _YOUTUBE.fullmatch(value)
    if not match:
        raise CellError(f"not a YouTube video: {value[:60]!r}")
    return match.group(1)
