"""Reads folders of audio files: what their tags say, as rows of a table.

ID3 (MP3, WAV, AIFF), Vorbis comments (FLAC, Ogg, Opus), MP4 atoms and APEv2 become the same columns. Where a file has
no title or artist, "Artist - Title" is read from its name. Knows tags, not how they become tracks.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import mutagen
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from segue.tools.importing.rows import Rejection, Row, reject

EXTENSIONS: Final = frozenset({
    ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".wav", ".wave", ".aif", ".aiff", ".wma",
    ".ape", ".wv", ".mpc", ".spx", ".tta",
})  # fmt: skip

_FRAMES: Final = {
    "title": "TIT2", "artist": "TPE1", "albumartist": "TPE2", "album": "TALB", "genre": "TCON", "mood": "TMOO",
    "originaldate": "TDOR", "date": "TDRC", "bpm": "TBPM", "initialkey": "TKEY", "language": "TLAN", "isrc": "TSRC",
    "composer": "TCOM", "lyricist": "TEXT", "conductor": "TPE3", "remixer": "TPE4",
}  # fmt: skip
_ATOMS: Final = {
    "title": "\xa9nam", "artist": "\xa9ART", "albumartist": "aART", "album": "\xa9alb", "genre": "\xa9gen",
    "date": "\xa9day", "bpm": "tmpo", "composer": "\xa9wrt", "isrc": "----:com.apple.iTunes:ISRC",
    "initialkey": "----:com.apple.iTunes:initialkey", "mood": "----:com.apple.iTunes:MOOD",
    "language": "----:com.apple.iTunes:LANGUAGE", "lyricist": "----:com.apple.iTunes:LYRICIST",
    "producer": "----:com.apple.iTunes:PRODUCER", "conductor": "----:com.apple.iTunes:CONDUCTOR",
    "musicbrainz_trackid": "----:com.apple.iTunes:MusicBrainz Track Id",
}  # fmt: skip
_COMMENTS: Final = {
    "title": "title", "artist": "artist", "albumartist": "albumartist", "album": "album", "genre": "genre",
    "mood": "mood", "originaldate": "originaldate", "date": "date", "year": "year", "bpm": "bpm",
    "initialkey": "initialkey", "key": "key", "language": "language", "isrc": "isrc", "composer": "composer",
    "lyricist": "lyricist", "producer": "producer", "conductor": "conductor", "remixer": "remixer",
    "arranger": "arranger", "musicbrainz_trackid": "musicbrainz_trackid",
}  # fmt: skip
_LISTED: Final = frozenset({"artist", "genre", "mood", "isrc", "composer", "lyricist", "producer"})
"""Tags of which a file may hold several."""
_NUMBER: Final = re.compile(r"^\d{1,3}(?:[-.]\d{1,3})?[\s._-]+(?=\D)")


def is_audio(path: Path) -> bool:
    """Whether a file's name says that it is audio."""
    return path.suffix.lower() in EXTENSIONS


def audio_files(path: Path) -> list[Path]:
    """Return the audio files in a folder and its subfolders in a stable order; hidden ones and links are passed by."""
    if path.is_file():
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if not name.startswith(".") and is_audio(Path(name))]
    return found


def read_tags(files: list[Path]) -> Iterator[Row | Rejection]:
    """Yield one row for each file; `line` is the number of the file."""
    for number, path in enumerate(files, start=1):
        try:
            str(path).encode()
            yield Row(number, read_file(path))
        except UnicodeEncodeError:
            yield reject(number, "the file's name is not valid text", str(path))
        except Exception as error:  # noqa: BLE001 - mutagen's parsers raise anything on damaged files
            yield reject(number, f"its tags cannot be read: {type(error).__name__}: {error}", str(path))


def read_file(path: Path) -> dict[str, Any]:
    """Return what the tags of one audio file say, by column name.

    Raises:
        mutagen.MutagenError: the file is damaged.
        ValueError: the file is no audio that is known here.
    """
    file = mutagen.File(path)
    if file is None:
        raise ValueError("not an audio file")
    values = {name: value for name, value in _read(file.tags).items() if value}
    values["length"] = getattr(file.info, "length", None)
    values["path"] = str(path.resolve())
    if not values.get("title") or not (values.get("artist") or values.get("albumartist")):
        artist, dash, title = _NUMBER.sub("", path.stem).partition(" - ")
        if dash:
            values["title"] = values.get("title") or title
            if not values.get("albumartist"):
                values["artist"] = values.get("artist") or artist
    return values


def _read(tags: Any) -> dict[str, Any]:
    if tags is None:
        return {}
    if isinstance(tags, ID3):
        return _read_id3(tags)
    names = _ATOMS if isinstance(tags, MP4Tags) else _COMMENTS
    return {name: _joined(name, tags[key]) for name, key in names.items() if key in tags}


def _read_id3(tags: Any) -> dict[str, Any]:
    values = {}
    for name, frame in _FRAMES.items():
        if frame in tags:
            found = tags[frame]
            values[name] = _joined(name, found.genres if frame == "TCON" else found.text)
    owner = tags.get("UFID:http://musicbrainz.org")
    if owner is not None:
        values["musicbrainz_trackid"] = owner.data.decode("ascii", "replace")
    return values


def _joined(name: str, found: Any) -> Any:
    """Return a list for tags that may be many, else the first value, always as text."""
    if found is None:
        return None
    entries = [found] if isinstance(found, str | bytes | int) else list(found)
    texts = [entry.decode("utf-8", "replace") if isinstance(entry, bytes) else str(entry) for entry in entries]
    if len(texts) > 1 and name in _LISTED:
        return texts
    return texts[0] if texts else None
