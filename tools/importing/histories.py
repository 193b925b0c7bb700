"""Reads listening histories: ListenBrainz, Last.fm and Spotify exports, one entry for each listen.

A track that was left within 30 seconds was not listened to (the rule of Last.fm and Spotify) and is rejected with that
reason. Knows nothing of the catalog.
"""

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from segue.generator.errors import SourceError
from segue.tools.importing import cells
from segue.tools.importing.columns import column_key
from segue.tools.importing.delimited import read_delimited
from segue.tools.importing.entries import Entry, optional_id
from segue.tools.importing.records import load_json, parse_line, read_json_lines
from segue.tools.importing.rows import Rejection, reject

SHORTEST: Final = 30_000
"""Milliseconds that count as a listen."""

Listens = Iterator[Entry | Rejection]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listenbrainz_entry(line: int, listen: dict[str, Any]) -> Entry | Rejection:
    track = _mapping(listen.get("track_metadata"))
    info, mapped = _mapping(track.get("additional_info")), _mapping(track.get("mbid_mapping"))
    when, length = listen.get("listened_at"), info.get("duration_ms")
    if not isinstance(when, int | float):
        return reject(line, "a listen without a time", listen)
    ids = (mapped.get("recording_mbid"), info.get("recording_mbid"))
    return Entry(
        line,
        _text(track.get("track_name")),
        _text(track.get("artist_name")),
        _text(track.get("release_name")) or None,
        length / 1000 if isinstance(length, int | float) and length > 0 else None,
        isrc=optional_id(cells.isrc, info.get("isrc")),
        musicbrainz=tuple(dict.fromkeys(found for value in ids for found in optional_id(cells.musicbrainz, value))),
        spotify=optional_id(cells.spotify, info.get("spotify_id")),
        listened_at=int(when),
    )


def read_listenbrainz(path: Path) -> Listens:
    """Yield the listens of a ListenBrainz export: the ZIP, one of its JSON Lines files, or the older JSON array.

    Raises:
        SourceError: the file cannot be read.
    """
    if path.suffix.lower() == ".zip":
        yield from _read_zip(path, "listens/", _listenbrainz_entry)
    elif path.suffix.lower() == ".json":
        yield from _elements(load_json(path), _listenbrainz_entry)
    else:
        for row in read_json_lines(path):
            yield row if isinstance(row, Rejection) else _listenbrainz_entry(row.line, row.values)


def _read_zip(path: Path, within: str, entry: Callable[[int, dict[str, Any]], Entry | Rejection]) -> Listens:
    try:
        with zipfile.ZipFile(path) as archive:
            line = 0
            for name in sorted(archive.namelist()):
                if within not in name or not name.lower().endswith((".jsonl", ".json")):
                    continue
                with archive.open(name) as member:
                    if name.lower().endswith(".json"):
                        for found in _elements(from_json(member.read()), entry, line):
                            line += 1
                            yield found
                        continue
                    for text in member:
                        line += 1
                        if text.strip():
                            row = parse_line(line, text.strip())
                            yield row if isinstance(row, Rejection) else entry(line, row.values)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise SourceError(f"cannot read {path}: {error}") from error


def _elements(value: Any, entry: Callable[[int, dict[str, Any]], Entry | Rejection], before: int = 0) -> Listens:
    if not isinstance(value, list):
        raise SourceError("a listening history must be a JSON array")
    for line, element in enumerate(value, start=before + 1):
        yield entry(line, element) if isinstance(element, dict) else reject(line, "a JSON object is needed", element)


def _spotify_entry(line: int, listen: dict[str, Any]) -> Entry | Rejection:
    played = listen.get("ms_played", listen.get("msPlayed"))
    title = listen.get("master_metadata_track_name") or listen.get("trackName")
    artist = listen.get("master_metadata_album_artist_name") or listen.get("artistName")
    if not title:
        return reject(line, "not music (a podcast, an audiobook or a video)", listen)
    if not isinstance(played, int | float) or played < SHORTEST:
        return reject(line, "played for less than 30 seconds", listen)
    when = _moment(listen.get("ts") or listen.get("endTime"))
    if when is None:
        return reject(line, "a listen without a time", listen)
    return Entry(
        line,
        _text(title),
        _text(artist),
        _text(listen.get("master_metadata_album_album_name")) or None,
        spotify=optional_id(cells.spotify, listen.get("spotify_track_uri")),
        # Spotify writes down when a track ended.
        listened_at=when - int(played // 1000),
    )


def read_spotify(path: Path) -> Listens:
    """Yield the listens of a Spotify history: one JSON file, the ZIP, or the folder it unpacks to.

    Raises:
        SourceError: the file cannot be read.
    """
    if path.suffix.lower() == ".zip":
        yield from _read_zip(path, "treaming", _spotify_entry)
        return
    for file in spotify_files(path) if path.is_dir() else [path]:
        yield from _elements(load_json(file), _spotify_entry)


def spotify_files(folder: Path) -> list[Path]:
    """Return the history files in a folder that Spotify's export unpacks to."""
    names = ("Streaming_History*.json", "StreamingHistory*.json", "endsong*.json")
    return sorted({file for name in names for file in folder.glob(name)})


_TIMES: Final = (
    "uts", "timestamp", "utctime", "dateuts", "listenedat", "playedat", "scrobbletime", "datetime", "date", "time",
)  # fmt: skip
HEADERLESS: Final = ["artist", "album", "track", "date"]
"""The columns of the widespread Last.fm export that names none."""


def is_lastfm_header(names: list[str]) -> bool:
    """Whether columns are those of scrobbles: an artist, a track, and when it was heard."""
    keys = {column_key(name) for name in names}
    return {"artist", "track"} <= keys and not keys.isdisjoint(_TIMES) and "tempo" not in keys


def is_headerless_lastfm(cells_of_first_line: list[str]) -> bool:
    """Whether a first line is already a scrobble: artist, album, track, and "04 Jan 2019 21:13"."""
    return len(cells_of_first_line) == 4 and _moment(cells_of_first_line[3]) is not None


def read_lastfm_csv(path: Path, *, headerless: bool) -> Listens:
    """Yield the scrobbles of a CSV export.

    Raises:
        SourceError: the file cannot be read.
    """
    columns = HEADERLESS if headerless else None
    for row in read_delimited(path, lambda name: column_key(name) in _TIMES, columns=columns):
        if isinstance(row, Rejection):
            yield row
            continue
        cell = {column_key(name): value for name, value in row.values.items()}
        when = next((found for name in _TIMES if (found := _moment(cell.get(name))) is not None), None)
        if when is None:
            yield reject(row.line, "a listen without a time", row.values)
            continue
        yield Entry(
            row.line,
            cell["track"],
            cell["artist"],
            cell.get("album") or None,
            musicbrainz=optional_id(cells.musicbrainz, cell.get("trackmbid")),
            listened_at=when,
        )


def read_lastfm_json(path: Path) -> Listens:
    """Yield the scrobbles of a JSON export: pages of Last.fm's `recenttracks`, or one array of tracks.

    Raises:
        SourceError: the file cannot be read.
    """
    yield from _elements(lastfm_tracks(load_json(path)), _lastfm_entry)


def lastfm_tracks(value: Any) -> list[Any] | None:
    """Return the scrobbles in Last.fm's JSON, or None where it is not of that form."""
    if isinstance(value, dict):
        inner = value.get("recenttracks", value)
        tracks = inner.get("track") if isinstance(inner, dict) else None
        return tracks if isinstance(tracks, list) else None
    if not isinstance(value, list):
        return None
    pages = [
        lastfm_tracks(page) for page in value if isinstance(page, dict) and ("track" in page or "recenttracks" in page)
    ]
    if pages:
        return [track for page in pages for track in page or []]
    is_scrobble = value and isinstance(value[0], dict) and {"artist", "name", "date"} <= set(value[0])
    return value if is_scrobble else None


def _lastfm_entry(line: int, listen: dict[str, Any]) -> Entry | Rejection:
    def name(value: Any) -> str:
        return _text(value.get("#text") or value.get("name")) if isinstance(value, dict) else _text(value)

    date = listen.get("date")
    when = _moment(date.get("uts") if isinstance(date, dict) else date)
    if when is None:
        return reject(line, "a listen without a time", listen)
    return Entry(
        line,
        _text(listen.get("name")),
        name(listen.get("artist")),
        name(listen.get("album")) or None,
        musicbrainz=optional_id(cells.musicbrainz, listen.get("mbid")),
        listened_at=when,
    )


def _moment(value: Any) -> int | None:
    """Return seconds since 1970 from a number or a date with a time; without a zone it is taken for UTC."""
    if isinstance(value, str):
        value = value.strip()
        if value.isdigit() and len(value) >= 9:
            value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e14:
        return int(value / 1000 if value > 1e11 else value)
    if not isinstance(value, str):
        return None
    for form in ("%d %b %Y %H:%M", "%d %b %Y, %H:%M"):
        try:
            return int(datetime.strptime(value, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) if len(value) > 10 else None
