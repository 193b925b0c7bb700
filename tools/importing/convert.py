"""Turns one row of a table into a track.

A row without title or artist, or whose values contradict each other, is refused; a single cell that cannot be
understood is left out and reported, for the rest of its row is still good. Knows neither files nor the catalog.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from segue.generator.track import Track
from segue.tools.importing import cells, composite
from segue.tools.importing.artists import Known, featured_in, nobody, split_artists
from segue.tools.importing.cells import CellError, is_hole
from segue.tools.importing.columns import BESIDE_THE_TRACK, CONTAINERS, Column, ColumnMap, column_key
from segue.tools.importing.identity import make_id
from segue.tools.importing.own_format import own_fields

PENDING: Final = "?"
"""The id of a track under construction, before it is derived from what the row says."""


class RowError(ValueError):
    """A row that cannot become a track; the message is the reason."""


@dataclass(slots=True)
class Converted:
    """A track and what its row said beside it."""

    track: Track
    own_id: bool
    """Whether the source itself gave the id."""
    complaints: list[str] = field(default_factory=list)
    """Cells that were left out, each with the reason."""


@dataclass(slots=True)
class _Draft:
    """Values gathered from the cells of one row."""

    values: dict[str, Any] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    sound: dict[str, Any] = field(default_factory=dict)
    billed: dict[int, list[str]] = field(default_factory=dict)

    def scalar(self, target: str, rank: int, value: Any) -> None:
        if value is not None and rank < self.ranks.get(target, 1_000):
            self.values[target] = value
            self.ranks[target] = rank


_LISTS: Final = {"genres": True, "moods": True, "themes": True, "tags": True, "activities": True, "instruments": True}
_SCALARS: Final[dict[str, Callable[[Any], Any]]] = {
    "id": cells.text,
    "title": cells.text,
    "album": cells.text,
    "version": cells.text,
    "work_id": cells.text,
    "kind": cells.kind,
    "language": cells.text,
    "vocals": cells.text,
    "playlist_id": cells.text,
    "playlist_name": cells.text,
    "released": cells.released,
    "released_month": cells.count,
    "released_day": cells.count,
    "popularity": cells.popularity,
    "plays": cells.count,
    "mode": cells.mode,
    "key": lambda value: value,
    "energy": lambda value: value,
}
_IDS: Final[dict[str, Callable[[str], str | None]]] = {
    "isrc": cells.isrc,
    "musicbrainz": cells.musicbrainz,
    "spotify": cells.spotify,
    "youtube": cells.youtube,
}


class RowConverter:
    """Turns rows into tracks.

    Args:
        columns: what the columns mean.
        known: which artists are billed alone elsewhere in the library.

    Attributes:
        ignored: columns that meant nothing or were left out on purpose, with the number of filled cells.
    """

    def __init__(self, columns: ColumnMap | None = None, known: Known = nobody) -> None:
        self._columns = columns or ColumnMap()
        self._known = known
        self._found: dict[str, Column | None] = {}
        self.ignored: Counter[str] = Counter()

    def convert(self, values: Mapping[str, Any]) -> Converted:
        """Return the track of a row, `values` being its cells by column name.

        Raises:
            RowError: the row cannot become a track.
        """
        try:
            own = own_fields(values)
        except ValueError as error:
            raise RowError(f"a cell of an exported table is damaged: {error}") from error
        draft, complaints = _Draft(), list[str]()
        if own is not None:
            return Converted(_validate(own, complaints), own_id=True, complaints=complaints)
        self._gather(values, "", draft, complaints)
        track = _validate(self._finish(draft, complaints), complaints)
        own_id = track.id != PENDING
        if not own_id:
            track = track.model_copy(update={"id": make_id(track)})
        return Converted(track, own_id, complaints)

    def glance(self, values: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return the id and the billing of a row as they stand there, each None where it is absent or no text."""
        own_id: tuple[int, Any] = (1_000, None)
        billing: tuple[int, Any] = (1_000, None)
        for name, value in values.items():
            column = self._column(name)
            if column is None or column.target not in ("id", "artist") or is_hole(value):
                continue
            if column.target == "id":
                own_id = min(own_id, (column.rank, value), key=lambda found: found[0])
            else:
                billing = min(billing, (column.rank, value), key=lambda found: found[0])
        identifier, billed = own_id[1], billing[1]
        usable = isinstance(identifier, str | int | float) and not isinstance(identifier, bool)
        return (
            cells.text(identifier) if usable else None,
            billed if isinstance(billed, str) else None,
        )

    def _column(self, name: str) -> Column | None:
        if name not in self._found:
            self._found[name] = self._columns.find(name)
        return self._found[name]

    def _is_name(self, name: str) -> bool:
        """Whether a column holds titles or artists: songs are called "?" and "None", and so are bands."""
        column = self._column(name)
        return column is not None and column.target in ("title", "artist", "album")

    def _gather(self, values: Mapping[str, Any], prefix: str, draft: _Draft, complaints: list[str]) -> None:
        for name, value in values.items():
            if is_hole(value) and not (isinstance(value, str) and value and self._is_name(prefix + name)):
                continue
            name = prefix + name
            column = self._column(name)
            if isinstance(value, dict) and (column is None or column.target != "artist"):
                inner = "" if not prefix and column_key(name) in CONTAINERS else f"{name}."
                # Two levels are what exports nest; anything deeper is no track.
                if prefix.count(".") < 2:
                    self._gather(value, inner, draft, complaints)
                    continue
            if column is None:
                self.ignored[name] += 1
                continue
            try:
                self._put(column, name, value, draft)
            except CellError as error:
                complaints.append(f"{name}: {error}")

    def _put(self, column: Column, name: str, value: Any, draft: _Draft) -> None:
        target, rank, detail = column
        if target in _LISTS:
            draft.lists.setdefault(target, []).extend(cells.items(value, commas=_LISTS[target]))
        elif target in _SCALARS:
            draft.scalar(target, rank, _SCALARS[target](value))
        elif target == "share":
            draft.sound[detail] = cells.share(value, percent="%" in name)
        elif target in _IDS:
            for entry in cells.items(value):
                if (found := _IDS[target](entry)) is not None:
                    draft.ids.setdefault(target, []).append(found)
        else:
            self._put_special(target, rank, detail, name, value, draft)

    def _put_special(self, target: str, rank: int, detail: str, name: str, value: Any, draft: _Draft) -> None:
        match target:
            case "artist":
                draft.billed[rank] = self._artists(value)
            case "featured":
                draft.lists.setdefault("featured", []).extend(self._artists(value))
            case "credit":
                for person in composite.people(value):
                    draft.lists.setdefault("credits", []).append({"name": person, "role": detail})
            case "credits":
                draft.lists.setdefault("credits", []).extend(composite.credits(value))
            case "facts":
                draft.lists.setdefault("facts", []).extend(value if isinstance(value, list) else [cells.text(value)])
            case "links":
                self._put_links(value, draft)
            case "playlists":
                draft.lists.setdefault("listened", []).extend(composite.playlists(value))
            case "duration":
                draft.scalar("duration", rank + 10, cells.seconds(value))
            case "duration_ms":
                draft.scalar("duration", rank, cells.milliseconds(value))
            case "tempo":
                if felt := cells.tempo_class(value):
                    draft.scalar("tempo_class", rank, felt)
                else:
                    draft.scalar("tempo", rank, cells.tempo(value))
            case "loudness":
                draft.sound["loudness"] = cells.number(value)
            case "timbre":
                draft.sound["timbre"] = [cells.number(entry) for entry in value]
            case "analysis_problem":
                raise CellError(cells.text(value))
            case _:
                raise NotImplementedError(f"column {name!r} has the unknown target {target!r}")

    def _artists(self, value: Any) -> list[str]:
        if isinstance(value, dict):
            value = [value]
        if isinstance(value, str) and not (value.startswith("[") and value.endswith("]")):
            return split_artists(cells.text(value), self._known)
        # Where a source lists its artists, nobody needs to guess where one name ends.
        return cells.items(value)

    @staticmethod
    def _put_links(value: Any, draft: _Draft) -> None:
        for link in value if isinstance(value, list) else [value]:
            word = cells.text(link)
            if word.startswith("spotify:track:"):
                draft.ids.setdefault("spotify", []).extend(filter(None, [cells.spotify(word)]))
            else:
                draft.lists.setdefault("links", []).append(word)

    def _finish(self, draft: _Draft, complaints: list[str]) -> dict[str, Any]:
        """Return the fields of a track from a draft: what needs several cells at once is decided here."""
        values = draft.values
        title = values.get("title")
        artists = draft.billed[min(draft.billed)] if draft.billed else []
        if not title:
            raise RowError("no title")
        if not artists:
            raise RowError("no artist")
        guests = [*draft.lists.pop("featured", []), *featured_in(title)]
        seen = {name.casefold() for name in artists}
        values["artists"] = [*artists, *(guest for guest in guests if guest.casefold() not in seen)]
        values.setdefault("id", PENDING)
        minor = values.pop("mode", None)
        if "key" in values:
            try:
                values["key"] = cells.key(values["key"], minor)
            except CellError as error:
                complaints.append(f"key: {error}")
                del values["key"]
        energy = values.pop("energy", None)
        if energy is not None:
            try:
                draft.sound["energy"] = composite.energy(energy, spotify="danceability" in draft.sound)
            except CellError as error:
                complaints.append(f"energy: {error}")
        composite.join_date(values)
        playlist = values.pop("playlist_id", None)
        name = values.pop("playlist_name", None)
        if playlist or name:
            draft.lists.setdefault("listened", []).append({"id": playlist or name, "name": name})
        if "listened" in draft.lists:
            values["listened"] = list({entry["id"]: entry for entry in draft.lists.pop("listened")}.values())
        values.update(draft.lists)
        if draft.sound:
            values["sound"] = draft.sound
        if draft.ids:
            values["ids"] = draft.ids
        return values

    def reason_ignored(self, name: str) -> str:
        """Return why a column of `ignored` was left out."""
        return BESIDE_THE_TRACK.get(column_key(name), "its name means nothing here; --map can give it a meaning")


_REQUIRED: Final = frozenset({"id", "title", "artists", "kind"})
"""Fields without which there is no track; a row of another kind (a film, an audiobook) is none either."""


def _validate(values: dict[str, Any], complaints: list[str]) -> Track:
    """Build the track; optional fields that it refuses are left out with a complaint.

    Raises:
        RowError: a required field is refused.
    """
    try:
        return Track.model_validate(values)
    except ValidationError as error:
        problems = {str(problem["loc"][0]) if problem["loc"] else "": problem["msg"] for problem in error.errors()}
    for name, message in problems.items():
        if name in _REQUIRED or name not in values:
            raise RowError(f"{name}: {message}" if name else message)
        complaints.append(f"{name}: {message}")
    return _validate({name: value for name, value in values.items() if name not in problems}, complaints)
