from pathlib import Path
from typing import Any

from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import SOURCE, default_catalog
from segue.tools.catalog.parquet import ids_of, read_table, to_batch, write_parquet

Library = Any


def test_the_default_catalog_is_built_once(tmp_path: Path, library: Library) -> None:
    source = tmp_path / "tracks.parquet"
    write_parquet(source, [to_batch(library.songs(3))])
    stages: list[str] = []

    def build() -> Path:
        return default_catalog(
            lambda stage, _done, _total: stages.append(stage),
            cache=tmp_path / "cache",
            source=source,
            encoder=library.encoder,
        )

    folder = build()
    assert "embedding" in stages
    with Catalog.open(folder) as catalog:
        assert list(catalog) == library.songs(3)
    before = library.tree(folder)
    assert build() == folder
    assert library.tree(folder) == before
    write_parquet(source, [to_batch(library.songs(4))])
    assert build() != folder


def test_the_package_carries_thousands_of_tracks_of_the_catalog_format() -> None:
    table = read_table(SOURCE, verify=True)
    assert table.num_rows > 5_000
    assert len(set(ids_of(table))) == table.num_rows
