"""Tracks as Arrow rows: an explicit schema, and lossless conversion both ways.

Knows the shape of `Track` and nothing of catalogs: one row a track, nested fields as structs and lists, floats in
double precision. None is null; lists are never null, for an empty one says the same.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from segue.generator.track import Track

ROW_GROUP: Final = 8_192
"""Rows written and read at a time; what a stream over a file holds in memory."""

_NAMES: Final = pa.list_(pa.field("element", pa.string(), nullable=False))
_FLOATS: Final = pa.list_(pa.field("element", pa.float64(), nullable=False))


def _required(name: str, kind: pa.DataType) -> "pa.Field[Any]":
    return pa.field(name, kind, nullable=False)


_ARTIST: Final = pa.struct([
    _required("name", pa.string()),
    pa.field("musicbrainz", pa.string()),
    pa.field("kind", pa.string()),
    pa.field("gender", pa.string()),
    pa.field("origin", pa.string()),
    pa.field("active_from", pa.int32()),
    pa.field("active_to", pa.int32()),
    _required("genres", _NAMES),
    _required("moods", _NAMES),
    _required("associated", _NAMES),
    pa.field("about", pa.string()),
])  # fmt: skip
_CREDIT: Final = pa.struct([_required("name", pa.string()), pa.field("role", pa.string())])
_SOUND: Final = pa.struct([
    *(pa.field(name, pa.float64()) for name in (
        "danceability", "energy", "valence", "arousal", "acousticness",
        "instrumentalness", "liveness", "speechiness", "loudness",
    )),
    _required("timbre", _FLOATS),
    _required("embedding", _FLOATS),
    pa.field("embedding_model", pa.string()),
])  # fmt: skip
_LISTENED: Final = pa.struct([
    _required("id", pa.string()),
    _required("kind", pa.string()),
    pa.field("name", pa.string()),
    pa.field("position", pa.int64()),
])  # fmt: skip
_IDS: Final = pa.struct([_required(name, _NAMES) for name in ("isrc", "musicbrainz", "spotify", "youtube")])

SCHEMA: Final = pa.schema([
    _required("id", pa.string()),
    _required("title", pa.string()),
    _required("artists", pa.list_(pa.field("element", _ARTIST, nullable=False))),
    pa.field("album", pa.string()),
    _required("work_id", pa.string()),
    pa.field("version", pa.string()),
    _required("kind", pa.string()),
    _required("credits", pa.list_(pa.field("element", _CREDIT, nullable=False))),
    _required("genres", _NAMES),
    _required("moods", _NAMES),
    _required("themes", _NAMES),
    _required("tags", _NAMES),
    _required("activities", _NAMES),
    _required("instruments", _NAMES),
    pa.field("vocals", pa.string()),
    pa.field("language", pa.string()),
    _required("sound", _SOUND),
    pa.field("tempo", pa.float64()),
    pa.field("tempo_class", pa.string()),
    pa.field("key", pa.string()),
    pa.field("released", pa.string()),
    _required("facts", _NAMES),
    _required("listened", pa.list_(pa.field("element", _LISTENED, nullable=False))),
    _required("plays", pa.int64()),
    pa.field("duration", pa.float64()),
    pa.field("popularity", pa.float64()),
    _required("ids", _IDS),
    _required("links", _NAMES),
])  # fmt: skip
"""The Arrow schema of a track; fields and order follow `Track`."""
_KIND: Final = SCHEMA.get_field_index("kind")
WITHOUT_KIND: Final = SCHEMA.remove(_KIND)
"""The schema of files from before there were episodes: all of their rows are tracks."""

_TRACKS: Final = TypeAdapter(list[Track])
_TRACK: Final = TypeAdapter(Track)


def to_batch(tracks: Iterable[Track]) -> pa.RecordBatch:
    """Return the tracks as one record batch of `SCHEMA`, in their order."""
    return pa.RecordBatch.from_pylist(_TRACKS.dump_python(list(tracks)), schema=SCHEMA)


def ids_of(table: pa.Table) -> list[str]:
    """Return the ids of a table of `SCHEMA`, in order."""
    return cast(list[str], table["id"].to_pylist())


def from_rows(rows: pa.Table | pa.RecordBatch) -> Iterator[Track]:
    """Yield the tracks of a table or batch of `SCHEMA`, in order."""
    for start in range(0, rows.num_rows, ROW_GROUP):
        yield from _TRACKS.validate_python(rows.slice(start, ROW_GROUP).to_pylist())


def from_row(rows: pa.Table, position: int) -> Track:
    """Return one track of a table of `SCHEMA`.

    Value by value: to make a table of one row, and a list of that, takes twice as long.
    """
    fields = zip(rows.column_names, rows.columns, strict=True)
    return _TRACK.validate_python({name: column[position].as_py() for name, column in fields})


def write_parquet(path: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write batches of `SCHEMA` to one Parquet file, holding one at a time in memory; return the number of rows."""
    rows = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=ROW_GROUP)
            rows += batch.num_rows
    return rows


def read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a file written by `write_parquet`, one at a time."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROW_GROUP)


def read_table(path: Path, *, verify: bool = False) -> pa.Table:
    """Return the whole file as one table of `SCHEMA`; with `verify`, compare the checksums of its pages.

    A file of `WITHOUT_KIND` is read as one of tracks.

    Raises:
        ValueError: the file is damaged, or no Parquet file of this schema.
        OSError: the file cannot be read.
    """
    try:
        table = pq.read_table(path, memory_map=True, page_checksum_verification=verify)
    except pa.ArrowException as error:
        raise ValueError(f"{path}: {error}") from error
    if table.schema.equals(WITHOUT_KIND):
        table = table.add_column(_KIND, SCHEMA.field(_KIND), pa.array(["track"] * table.num_rows, pa.string()))
    if not table.schema.equals(SCHEMA):
        raise ValueError(f"{path} does not have the columns of a track")
    return table
