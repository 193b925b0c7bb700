"""Imports sources into a catalog, in one step that happens as a whole or not at all.

This is the flow of an import from top to bottom: recognise, read, match and merge, write. Knows which module does what
and nothing of formats.
"""

import csv
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from segue.generator.errors import SourceError
from segue.generator.sentences import TextEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import Progress, no_progress
from segue.tools.catalog.garbage import collector_paused
from segue.tools.catalog.update import update_catalog, write_lock
from segue.tools.catalog.versions import CURRENT
from segue.tools.importing import analysis, histories, playlists, tags
from segue.tools.importing.columns import ColumnMap
from segue.tools.importing.consumption import ConsumptionImport
from segue.tools.importing.delimited import read_delimited, read_header
from segue.tools.importing.encyclopedia import Encyclopedia
from segue.tools.importing.files import open_bytes, open_text
from segue.tools.importing.kinds import TABLES, Kind, recognise
from segue.tools.importing.records import read_json_array, read_json_lines, read_parquet
from segue.tools.importing.rejections import FILE_NAME, Rejections
from segue.tools.importing.rows import Rejection, Row
from segue.tools.importing.staging import Staging
from segue.tools.importing.summary import ImportSummary, SourceSummary
from segue.tools.importing.tables import Advance, Reader, TableImport


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How sources are to be read."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field -> column name, for columns whose names say too little."""
    kind: Kind | None = None
    """What all sources are, where it is not to be recognised."""
    add_missing: bool = False
    """Whether entries of playlists and histories that mean no track of the catalog become tracks."""
    analyse: bool = False
    """Whether audio files are listened to for tempo, key and descriptors (needs the `audio` extra)."""
    workers: int | None = None
    """Processes that analyse audio; by default one for each core."""
    artist_facts: bool = True
    """Whether the shipped encyclopedia fills in what the sources do not say of well-known artists."""


def import_sources(
    folder: Path | str,
    sources: Iterable[Path | str],
    options: ImportOptions | None = None,
    *,
    encoder: TextEncoder | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import `sources` into the catalog in `folder`, which is created where there is none.

    Libraries are read before playlists and histories, whatever their order, so that these find their tracks.

    Args:
        folder: the catalog folder; `rejected.jsonl` is written into it.
        sources: files and folders.
        options: how to read them.
        encoder: encoder of the dense index; by default the one that the catalog has, or the bundled one.
        progress: called with the stage, the rows done since the last call, and the total where it is known.

    Raises:
        SourceError: a whole source cannot be read; the catalog is left as it was.
        CatalogLocked: another process is writing the catalog.
        CatalogCorrupt: the catalog is damaged.
    """
    options = options or ImportOptions()
    progress = progress or no_progress
    columns = ColumnMap(options.mapping)
    root = Path(folder)
    started = time.perf_counter()
    recognised = [(Path(source), options.kind or recognise(Path(source), columns)) for source in sources]
    if not recognised:
        raise SourceError("nothing to import: name at least one file or folder")
    for path, kind in recognised:
        _check(path, kind, columns)
    # A stable sort: within each group the sources keep their order.
    recognised.sort(key=lambda source: source[1] not in TABLES and source[1] is not Kind.AUDIO)
    with ExitStack() as stack:
        stack.enter_context(write_lock(root))
        stack.enter_context(collector_paused())
        catalog = stack.enter_context(Catalog.open(root)) if (root / CURRENT).exists() else None
        rejections = stack.enter_context(Rejections(root / FILE_NAME))
        staging = Staging(catalog)
        summaries = []
        for path, kind in recognised:
            summary = SourceSummary(str(path), kind.value)
            began = time.perf_counter()
            _import_one(path, kind, columns, options, root, staging, rejections, summary, progress)
            summary.seconds = time.perf_counter() - began
            summaries.append(summary)
        encyclopedia = Encyclopedia.shipped() if options.artist_facts else Encyclopedia(())
        tracks = encyclopedia.fill(staging.drain())
        update = update_catalog(root, tracks, encoder=encoder, progress=progress)
        seconds = time.perf_counter() - started
        apart = seconds - update.embedding_seconds
        return ImportSummary(
            sources=summaries,
            update=update,
            seconds=seconds,
            seconds_apart_from_embedding=apart,
            rows_per_second=sum(summary.rows for summary in summaries) / apart,
            rejected_file=str(rejections.path) if rejections.reasons else None,
            reasons=dict(rejections.reasons.most_common(20)),
            tracks_with_artist_facts=encyclopedia.filled,
        )


def read_tracks(
    source: Path | str, options: ImportOptions | None = None, *, progress: Progress | None = None
) -> tuple[list[Track], SourceSummary]:
    """Return the tracks of one library (a table or a folder of audio files) without making a catalog of them.

    Rows that cannot be read are left out and counted in the summary, and artists filled in, as in an import.

    Raises:
        SourceError: it cannot be read at all, or is no library but playlists or a listening history.
    """
    options = options or ImportOptions()
    columns = ColumnMap(options.mapping)
    path = Path(source)
    kind = options.kind or recognise(path, columns)
    if kind not in TABLES and kind is not Kind.AUDIO:
        raise SourceError(f"{path} holds no tracks of its own ({kind.value})")
    _check(path, kind, columns)
    staging, summary = Staging(None), SourceSummary(str(path), kind.value)
    with TemporaryDirectory() as scratch, Rejections(Path(scratch) / FILE_NAME) as rejections:
        _import_one(path, kind, columns, options, Path(scratch), staging, rejections, summary, progress or no_progress)
    encyclopedia = Encyclopedia.shipped() if options.artist_facts else Encyclopedia(())
    return list(encyclopedia.fill(staging.drain())), summary


def _check(path: Path, kind: Kind, columns: ColumnMap) -> None:
    """Find out before anything is written whether a source can be read at all."""
    if not path.exists():
        raise SourceError(f"{path} does not exist")
    if kind is Kind.CSV:
        names, _ = read_header(path, columns.knows)
        _need_columns(path, names, columns)
    elif kind is Kind.PARQUET:
        _need_columns(path, _parquet_columns(path), columns)
    elif path.is_file():
        with open_bytes(path) as stream:
            stream.read(1)


def _parquet_columns(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(f"cannot read {path} as Parquet: {error}") from error


def _need_columns(path: Path, names: list[str], columns: ColumnMap) -> None:
    missing = [field for field, name in columns.mapped.items() if name not in names]
    if missing:
        raise SourceError(f"{path} has no column {columns.mapped[missing[0]]!r}; it has {', '.join(names)}")
    found = {column.target for name in names if (column := columns.find(name))}
    for field_name in ("title", "artist"):
        if field_name not in found:
            raise SourceError(
                f"{path} has no column for the {field_name}: name it with --map {field_name}=COLUMN "
                f"(its columns are {', '.join(names)})"
            )


def _import_one(
    path: Path, kind: Kind, columns: ColumnMap, options: ImportOptions, root: Path,
    staging: Staging, rejections: Rejections, summary: SourceSummary, progress: Progress,
) -> None:  # fmt: skip
    advance = _advance(f"reading {path.name}", progress)
    if kind in TABLES:
        TableImport(_table_reader(path, kind, columns), staging, rejections, summary, columns).run(advance)
        return
    if kind is Kind.AUDIO:
        rows = _audio_rows(path, options, root, progress)
        TableImport(lambda: iter(rows), staging, rejections, summary, columns).run(advance)
        return
    consumption = ConsumptionImport(staging, rejections, summary, add_missing=options.add_missing)
    match kind:
        case Kind.M3U:
            consumption.playlists(playlists.read_m3u(path), advance)
        case Kind.JSPF:
            consumption.playlists(playlists.read_jspf(path), advance)
        case Kind.PLAYLISTS:
            consumption.playlists(playlists.read_playlist_lines(path), advance)
        case Kind.LISTENBRAINZ:
            consumption.history(histories.read_listenbrainz(path), advance)
        case Kind.LASTFM_JSON:
            consumption.history(histories.read_lastfm_json(path), advance)
        case Kind.SPOTIFY:
            consumption.history(histories.read_spotify(path), advance)
        case _:
            consumption.history(histories.read_lastfm_csv(path, headerless=_is_headerless(path)), advance)


def _audio_rows(path: Path, options: ImportOptions, root: Path, progress: Progress) -> list[Row | Rejection]:
    """Return one row for each audio file, tags first, what was heard in it where the tags say nothing."""
    files = tags.audio_files(path)
    if not files:
        raise SourceError(f"{path} holds no audio files ({', '.join(sorted(tags.EXTENSIONS))})")
    rows = list(tags.read_tags(files))
    if not options.analyse:
        return rows
    readable = {files[row.line - 1]: row for row in rows if isinstance(row, Row)}
    heard = analysis.analyse(
        readable,
        analysis.Journal(root / analysis.JOURNAL),
        workers=options.workers,
        advance=lambda done, total: progress("analysing", done, total),
    )
    for file, row in readable.items():
        found = {"analysis_problem" if name == "problem" else name: value for name, value in heard[file].items()}
        if "initialkey" in row.values or "key" in row.values:
            found.pop("key", None)
        if "bpm" in row.values:
            found.pop("tempo", None)
        row.values.update(found)
    return rows


def _table_reader(path: Path, kind: Kind, columns: ColumnMap) -> Reader:
    match kind:
        case Kind.CSV:
            return partial(read_delimited, path, columns.knows)
        case Kind.JSON_LINES:
            return partial(read_json_lines, path)
        case Kind.JSON_ARRAY:
            return partial(read_json_array, path)
        case _:
            return partial(read_parquet, path)


def _is_headerless(path: Path) -> bool:
    with open_text(path, newline="") as stream:
        return histories.is_headerless_lastfm(next(csv.reader(stream), []))


def _advance(stage: str, progress: Progress) -> Advance:
    """Return a callback that turns "rows so far" into the progress protocol's "rows since the last call"."""
    told = 0

    def advance(rows: int) -> None:
        nonlocal told
        progress(stage, rows - told, None)
        told = rows

    return advance
