"""The track: one pydantic model that carries what the nine modalities need.

Only id, title and artists are required, for real catalogs are full of holes: an absent field is None or empty, and
means "not known", never "no". Fields are grouped by the modality they feed (3MToken, section 2.1). This module
validates and cleans; it reads no files and knows no catalog.
"""

import math
import re
import unicodedata
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from segue.generator.names import split_title, work_key

MAX_NAME = 1_000
"""Characters in a title, a name or a tag; longer ones are damage, not music."""
MAX_TEXT = 20_000
"""Characters in a fact or a biography."""
MAX_COUNT = 2**53
"""The largest count: every store and JSON reader keeps integers up to here exact."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ud800-\udfff]+")


def clean_text(value: str) -> str:
    """Return `value` in NFC, with control characters and runs of white space turned into single spaces."""
    if not (value.isascii() and value.isprintable()):
        value = unicodedata.normalize("NFC", _CONTROL.sub(" ", value))
    return " ".join(value.split())


def _unique(values: Any) -> Any:
    """Turn a lone string into a list, drop empty entries and repeats (ignoring case), keep the first spelling."""
    if values is None:
        return ()
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list | tuple | set | frozenset):
        return values
    seen: dict[Any, Any] = {}
    for value in values:
        text = clean_text(value) if isinstance(value, str) else value
        if text is None or text == "":
            continue
        seen.setdefault(text.casefold() if isinstance(text, str) else repr(text), text)
    return tuple(seen.values())


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not clean_text(value) else value


def _partial_date(value: Any) -> Any:
    """Accept "1999", "1999-05", "1999-05-17" (also as int or date) and refuse days that never were."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = str(value).strip()
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text)
    if not match:
        raise ValueError(f"not a date of the form YYYY, YYYY-MM or YYYY-MM-DD: {text[:40]!r}")
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not 1000 <= year <= date.today().year + 2:
        raise ValueError(f"not a plausible release year: {text[:40]!r}")
    date(year, month or 1, day or 1)
    return text


Name = Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_NAME)]
"""A cleaned, non-empty name."""
OptionalName = Annotated[Name | None, BeforeValidator(_none_if_blank)]
"""A cleaned name, or None where it is not known."""
Text = Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_TEXT)]
"""A cleaned, non-empty sentence or paragraph."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_unique)]
"""Distinct names in order of importance."""
Texts = Annotated[tuple[Text, ...], BeforeValidator(_unique)]
"""Distinct sentences."""
PartialDate = Annotated[str, BeforeValidator(_partial_date)]
"""A date that may be only a year or a month: YYYY, YYYY-MM or YYYY-MM-DD."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A number from 0 to 1."""

KEYS: Final[tuple[str, ...]] = tuple(
    f"{tone} {mode}"
    for mode in ("major", "minor")
    for tone in ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
)
"""The 24 keys; index = pitch class, plus 12 for minor (3MToken, section 2.1: 25 bins with "unknown")."""
Key = Literal[
    "C major", "C# major", "D major", "D# major", "E major", "F major",
    "F# major", "G major", "G# major", "A major", "A# major", "B major",
    "C minor", "C# minor", "D minor", "D# minor", "E minor", "F minor",
    "F# minor", "G minor", "G# minor", "A minor", "A# minor", "B minor",
]  # fmt: skip


Kind = Literal["track", "episode"]
"""What a catalog's item is: a piece of music, or an episode of a podcast, whose show stands where the artist does."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Artist(_Frozen):
    """An artist with what is known of the biography (modality AB)."""

    name: Name
    musicbrainz: OptionalName = None
    """MusicBrainz artist id."""
    kind: OptionalName = None
    """person, group, orchestra, choir ..."""
    gender: OptionalName = None
    """female, male, mixed ..., of the person or of the group's voices."""
    origin: OptionalName = None
    """Country, or a place within it."""
    active_from: Annotated[int | None, Field(ge=0, le=2100)] = None
    """First active year, or the year of birth's career where a source says so."""
    active_to: Annotated[int | None, Field(ge=0, le=2100)] = None
    """Last active year; None while active or not known."""
    genres: Names = ()
    moods: Names = ()
    associated: Names = ()
    """Members, bands, frequent companions (also modality AC)."""
    about: Annotated[Text | None, BeforeValidator(_none_if_blank)] = None
    """A sentence or a paragraph about the artist."""


class Credit(_Frozen):
    """Who did what on a track (modality AC)."""

    name: Name
    role: Annotated[OptionalName, Field(description="writer, producer, vocals, guitar ...")] = None


class Sound(_Frozen):
    """How a track sounds (modality SC): standardised descriptors, an embedding, or both."""

    danceability: Share | None = None
    energy: Share | None = None
    valence: Share | None = None
    """Musical positiveness: 0 sad or angry, 1 cheerful."""
    arousal: Share | None = None
    acousticness: Share | None = None
    instrumentalness: Share | None = None
    liveness: Share | None = None
    speechiness: Share | None = None
    loudness: Annotated[float | None, Field(ge=-120, le=30, allow_inf_nan=False)] = None
    """Decibels relative to full scale."""
    timbre: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = ()
    """Descriptors measured from the audio itself (means of MFCCs, spectral shape), see `tools/importing/audio.py`."""
    embedding: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = ()
    """An audio embedding, for instance CLAP's."""
    embedding_model: OptionalName = None
    """The model that made `embedding`; vectors of different models are never compared."""

    @model_validator(mode="after")
    def _embedding_names_its_model(self) -> Self:
        if self.embedding and self.embedding_model is None:
            raise ValueError("an audio embedding needs `embedding_model`: vectors of different models do not compare")
        return self


class Listened(_Frozen):
    """One playlist or session that a track is part of (modality TC)."""

    id: Name
    kind: Literal["playlist", "session"] = "playlist"
    name: OptionalName = None
    position: Annotated[int | None, Field(ge=0, le=MAX_COUNT)] = None
    """Zero-based place of the track in it."""


class ExternalIds(_Frozen):
    """Identifiers elsewhere: join keys, never features."""

    isrc: Names = ()
    musicbrainz: Names = ()
    spotify: Names = ()
    youtube: Names = ()


class Track(_Frozen):
    """One recording in a catalog: a piece of music, or an episode of a podcast."""

    id: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=200)]
    """Unique and stable within the catalog."""
    title: Name
    artists: Annotated[tuple[Artist, ...], Field(min_length=1)]
    """The main artist first, then the others billed with it. A plain name is accepted for an artist."""
    album: OptionalName = None
    work_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Shared by all versions of one work; derived from title and artist where not given."""
    version: OptionalName = None
    """What kind of version this is (live, remaster, remix, karaoke, radio edit ...); None for the plain recording."""
    kind: Kind = "track"
    """Whoever asks for music never gets an episode. Both kinds share one space of semantic IDs."""

    credits: tuple[Credit, ...] = ()

    genres: Names = ()
    moods: Names = ()
    themes: Names = ()
    tags: Names = ()
    """Free tags of listeners or labels that are none of the above."""
    activities: Names = ()
    """What one does to it: workout, study, sleep ..."""
    instruments: Names = ()
    vocals: OptionalName = None
    """female, male, mixed, group, choir or instrumental."""
    language: OptionalName = None

    sound: Sound = Sound()

    tempo: Annotated[float | None, Field(gt=0, le=1000, allow_inf_nan=False)] = None
    """Beats per minute."""
    tempo_class: Literal["slow", "mid", "fast"] | None = None
    """The felt tempo, where beats were not counted."""
    key: Key | None = None

    released: PartialDate | None = None

    facts: Texts = ()
    """Sentences on how, where and by whom the recording was made."""

    listened: tuple[Listened, ...] = ()
    plays: Annotated[int, Field(ge=0, le=MAX_COUNT)] = 0
    """Plays counted in imported listening histories."""

    duration: Annotated[float | None, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = None
    """Seconds."""
    popularity: Share | None = None
    ids: ExternalIds = ExternalIds()
    links: Names = ()
    """Addresses or file paths where it can be heard."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Accept plain artist names, and derive work and version from the title where they are not given."""
        if not isinstance(data, dict):
            return data
        data = dict(data)
        artists = data.get("artists")
        if isinstance(artists, str | Artist):
            artists = [artists]
        if isinstance(artists, list | tuple):
            named = (a if not isinstance(a, str) else {"name": a} for a in artists)
            artists = [a for a in named if not (isinstance(a, dict) and not clean_text(str(a.get("name") or "")))]
            data["artists"] = artists
        title = data.get("title")
        if isinstance(title, str) and isinstance(artists, list) and artists:
            first = artists[0].name if isinstance(artists[0], Artist) else str(artists[0].get("name"))
            if not data.get("work_id"):
                data["work_id"] = work_key(clean_text(title), clean_text(first))
            if not data.get("version"):
                data["version"] = split_title(clean_text(title)).version
        return data

    @property
    def artist(self) -> str:
        """The names of the billed artists as one string, as a cover would print them."""
        return ", ".join(artist.name for artist in self.artists)

    @property
    def year(self) -> int | None:
        """The release year, or None where it is not known."""
        return int(self.released[:4]) if self.released else None

    @property
    def decade(self) -> int | None:
        """The first year of the release decade (1990 for 1994), or None."""
        return None if self.year is None else math.floor(self.year / 10) * 10
