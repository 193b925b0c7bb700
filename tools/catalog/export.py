"""Writes the tracks of a catalog to one file that `segue catalog import` reads back as the same tracks.

JSON Lines and Parquet hold a track's fields as they are; in CSV, lists and objects are JSON within their cell. Knows no
importer.
"""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from segue.generator.errors import SourceError
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.parquet import SCHEMA, write_parquet

FIELDS: Final = tuple(Track.model_fields)
"""The columns of a CSV export, in this order; by them an import recognises it."""


def export_catalog(catalog: Catalog, path: Path) -> int:
    """Write all tracks to `path`, whose ending (.jsonl, .csv or .parquet) says how; return their number.

    The file appears whole or not at all.

    Raises:
        SourceError: the ending is another one, or the file cannot be written.
    """
    writers: dict[str, Callable[[Catalog, Path], None]] = {
        ".jsonl": _write_json_lines,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    write = writers.get(path.suffix.lower())
    if write is None:
        raise SourceError(f"cannot export to {path}: the name must end in {', '.join(writers)}")
    with _replacing(path) as draft:
        write(catalog, draft)
    return len(catalog)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _write_json_lines(tracks: Iterable[Track], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(track.model_dump_json() + "\n" for track in tracks)


def _write_csv(tracks: Iterable[Track], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for track in tracks:
            values = track.model_dump(mode="json")
            writer.writerow([_cell(values[name]) for name in FIELDS])


def _cell(value: object) -> str:
    """Return a value as text: text as it is, nothing as nothing, everything else as JSON."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _write_parquet(catalog: Catalog, path: Path) -> None:
    write_parquet(path, catalog.table.cast(SCHEMA).to_batches())
