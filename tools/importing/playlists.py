"""Reads playlists: M3U and M3U8, JSPF, and JSON Lines of {"id", "name", "tracks": [track ids]}.

Paths in a playlist are names to compare, never files to open. Knows nothing of the catalog.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final
from urllib.parse import unquote, urlparse

from segue.generator.errors import SourceError
from segue.tools.importing import cells
from segue.tools.importing.entries import Entry, Playlist, optional_id, playlist_id
from segue.tools.importing.files import has_undecodable_bytes, open_text
from segue.tools.importing.records import load_json, read_json_lines
from segue.tools.importing.rows import Rejection, reject

_INFO: Final = re.compile(r"#EXTINF:\s*(-?\d+(?:\.\d+)?)?[^,]*,(.*)")
_NUMBER: Final = re.compile(r"^\d{1,3}(?:[-.]\d{1,3})?[\s._-]+(?=\D)")


def read_m3u(path: Path) -> Iterator[Playlist]:
    """Yield the one playlist of an M3U file.

    Raises:
        SourceError: the file cannot be read.
    """
    playlist = Playlist(playlist_id(path), path.name.removesuffix(".gz").rsplit(".", 1)[0])
    info: tuple[float | None, str] = (None, "")
    with open_text(path) as stream:
        for line, text in enumerate(stream, start=1):
            text = text.strip("\r\n \t\ufeff")
            if match := _INFO.fullmatch(text):
                length = float(match.group(1) or 0)
                info = (length if length > 0 else None, match.group(2).strip())
            elif text.startswith("#PLAYLIST:"):
                playlist.name = text.removeprefix("#PLAYLIST:").strip() or playlist.name
            elif text and not text.startswith("#"):
                playlist.entries.append(_m3u_entry(line, text, *info, base=path.parent))
                info = (None, "")
    yield playlist


def _m3u_entry(line: int, location: str, duration: float | None, label: str, *, base: Path) -> Entry | Rejection:
    if has_undecodable_bytes(location + label):
        return reject(line, "bytes that are not valid text", location)
    if location.startswith("file://"):
        location = unquote(urlparse(location).path)
    spotify = optional_id(cells.spotify, location) if "spotify" in location else ()
    name = PureWindowsPath(location) if "\\" in location else PurePosixPath(location)
    artist, title = _artist_and_title(label or _NUMBER.sub("", name.stem))
    is_path = "://" not in location and not location.startswith("spotify:")
    where = location if not is_path or name.is_absolute() else str(base.resolve() / location)
    return Entry(line, title, artist, duration=duration, spotify=spotify, path=where)


def _artist_and_title(label: str) -> tuple[str, str]:
    """Take "Artist - Title" apart; without a dash, all of it is the title."""
    for dash in (" - ", " – ", " — "):
        artist, found, title = label.partition(dash)
        if found:
            return artist.strip(), title.strip()
    return "", label.strip()


def read_jspf(path: Path) -> Iterator[Playlist]:
    """Yield the playlist of a JSPF file (XSPF in JSON, as ListenBrainz exports it).

    Raises:
        SourceError: the file cannot be read or holds no playlist.
    """
    value = load_json(path)
    found = value.get("playlist") if isinstance(value, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("track"), list):
        raise SourceError(f'{path} is no JSPF playlist: {{"playlist": {{"track": [...]}}}} is needed')
    title, identifier = found.get("title"), found.get("identifier")
    playlist = Playlist(
        identifier if isinstance(identifier, str) and identifier else playlist_id(path),
        title if isinstance(title, str) and title else path.stem,
    )
    for number, track in enumerate(found["track"], start=1):
        if not isinstance(track, dict):
            playlist.entries.append(reject(number, "a JSON object is needed", track))
            continue
        identifiers = _strings(track.get("identifier"))
        location = next(iter(_strings(track.get("location"))), None)
        length = track.get("duration")
        playlist.entries.append(
            Entry(
                number,
                str(track.get("title") or ""),
                str(track.get("creator") or ""),
                track.get("album") if isinstance(track.get("album"), str) else None,
                length / 1000 if isinstance(length, int | float) and length > 0 else None,
                musicbrainz=tuple(
                    x for i in identifiers if "/recording/" in i for x in optional_id(cells.musicbrainz, i)
                ),
                spotify=tuple(x for i in identifiers if "spotify" in i for x in optional_id(cells.spotify, i)),
                path=unquote(urlparse(location).path) if location and location.startswith("file://") else location,
            )
        )
    yield playlist


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [entry for entry in values if isinstance(entry, str) and entry]


def read_playlist_lines(path: Path) -> Iterator[Playlist | Rejection]:
    """Yield the playlists of a JSON Lines file, whose `tracks` are ids of the catalog.

    Raises:
        SourceError: the file cannot be read.
    """
    for row in read_json_lines(path):
        if isinstance(row, Rejection):
            yield row
            continue
        tracks, name, identifier = row.values.get("tracks"), row.values.get("name"), row.values.get("id")
        if not isinstance(tracks, list) or not isinstance(identifier, str | int):
            yield reject(row.line, "a playlist needs an id and a list of tracks", row.values)
            continue
        playlist = Playlist(str(identifier), name if isinstance(name, str) else None)
        playlist.entries += [
            Entry(row.line, track_id=track) if isinstance(track, str) else reject(row.line, "not a track id", track)
            for track in tracks
        ]
        yield playlist
