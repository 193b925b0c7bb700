"""Recognises what a source is, by its name and its first bytes. Reads no more of it than that."""

import csv
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from segue.generator.errors import SourceError
from segue.tools.importing import histories
from segue.tools.importing.columns import ColumnMap
from segue.tools.importing.delimited import find_delimiter
from segue.tools.importing.files import bare_name, open_text
from segue.tools.importing.records import load_json, read_json_lines
from segue.tools.importing.rows import Row


class Kind(StrEnum):
    """What a source is; the value is what `--kind` accepts and what a summary prints."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    JSON_ARRAY = "json"
    PARQUET = "parquet"
    AUDIO = "audio"
    M3U = "m3u"
    JSPF = "jspf"
    PLAYLISTS = "playlists"
    LISTENBRAINZ = "listenbrainz"
    LASTFM_CSV = "lastfm-csv"
    LASTFM_JSON = "lastfm-json"
    SPOTIFY = "spotify"


TABLES: Final = frozenset({Kind.CSV, Kind.JSON_LINES, Kind.JSON_ARRAY, Kind.PARQUET})
_LINES: Final = (".jsonl", ".ndjson", ".jsonlines")


def recognise(path: Path, columns: ColumnMap) -> Kind:
    """Return what `path` is.

    Raises:
        SourceError: it does not exist, or nobody knows what it is.
    """
    if not path.exists():
        raise SourceError(f"{path} does not exist")
    if path.is_dir():
        return Kind.SPOTIFY if histories.spotify_files(path) else Kind.AUDIO
    name = bare_name(path)
    if name.endswith((".csv", ".tsv", ".txt")):
        return _recognise_table(path, columns)
    if name.endswith(_LINES):
        return _recognise_lines(path)
    if name.endswith(".json"):
        return _recognise_json(load_json(path), path)
    if name.endswith(".zip"):
        return _recognise_zip(path)
    if name.endswith((".parquet", ".pq")):
        return Kind.PARQUET
    if name.endswith((".m3u", ".m3u8")):
        return Kind.M3U
    if name.endswith(".jspf"):
        return Kind.JSPF
    from segue.tools.importing.tags import is_audio

    if is_audio(path):
        return Kind.AUDIO
    raise SourceError(
        f"do not know what {path} is: a library is CSV, TSV, JSON Lines, JSON, Parquet or a folder of audio files; a "
        "playlist is M3U or JSPF; a listening history is an export of ListenBrainz, Last.fm or Spotify. "
        f"--kind says what it is ({', '.join(Kind)})"
    )


def _recognise_table(path: Path, columns: ColumnMap) -> Kind:
    with open_text(path, newline="") as stream:
        first = next((line for line in stream if line.strip()), "").lstrip("\ufeff")
    names = next(csv.reader([first], delimiter=find_delimiter(first, columns.knows)), [])
    scrobbles = histories.is_lastfm_header(names) or histories.is_headerless_lastfm(names)
    return Kind.LASTFM_CSV if scrobbles else Kind.CSV


def _recognise_lines(path: Path) -> Kind:
    first = next((row.values for row in read_json_lines(path) if isinstance(row, Row)), {})
    if "track_metadata" in first:
        return Kind.LISTENBRAINZ
    if isinstance(first.get("tracks"), list) and "title" not in first:
        return Kind.PLAYLISTS
    return Kind.JSON_LINES


def _recognise_json(value: Any, path: Path) -> Kind:
    if isinstance(value, dict) and "playlist" in value:
        return Kind.JSPF
    if histories.lastfm_tracks(value) is not None:
        return Kind.LASTFM_JSON
    if isinstance(value, list):
        first = next((element for element in value if isinstance(element, dict)), {})
        if "track_metadata" in first:
            return Kind.LISTENBRAINZ
        if {"ms_played", "msPlayed"} & first.keys():
            return Kind.SPOTIFY
        return Kind.JSON_ARRAY
    raise SourceError(f"{path} is JSON, but neither an array of tracks nor a playlist or history that is known here")


def _recognise_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"cannot read {path}: {error}") from error
    if any("listens/" in name for name in names):
        return Kind.LISTENBRAINZ
    if any("treaming" in name and name.endswith(".json") for name in names):
        return Kind.SPOTIFY
    raise SourceError(f"{path} holds no listening history of ListenBrainz or Spotify; unpack other archives first")
