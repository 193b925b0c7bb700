import subprocess
import sys
from contextlib import ExitStack
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


_FIRST_USER = """
import sys
from pathlib import Path
from segue.generator.sentences import HashingEncoder
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog

cache, source = map(Path, sys.argv[1:])
stages = set()
print("ready", flush=True)
sys.stdin.readline()
folder = default_catalog(lambda stage, *_: stages.add(stage), cache=cache, source=source, encoder=HashingEncoder())
with Catalog.open(folder) as catalog:
    print(folder, len(list(catalog)), len(catalog.dense), "indexing" in stages)
"""


def test_two_first_users_at_once_both_get_the_whole_catalog(tmp_path: Path, library: Library) -> None:
    source = tmp_path / "tracks.parquet"
    write_parquet(source, [to_batch(library.songs(500))])
    command = [sys.executable, "-c", _FIRST_USER, str(tmp_path / "cache"), str(source)]
    with ExitStack() as stack:
        users = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        for user in users:
            assert user.stdout is not None
            assert user.stdout.readline() == "ready\n"
        for user in users:
            assert user.stdin is not None
            user.stdin.write("go\n")
            user.stdin.flush()
        said = [user.communicate(timeout=120)[0].split() for user in users]
    assert [user.returncode for user in users] == [0, 0]
    assert said[0][:3] == said[1][:3] == [said[0][0], "500", "500"]
    assert sorted(line[3] for line in said) == ["False", "True"]  # one built it, the other waited


def test_the_package_carries_thousands_of_tracks_of_the_catalog_format() -> None:
    table = read_table(SOURCE, verify=True)
    assert table.num_rows > 5_000
    assert len(set(ids_of(table))) == table.num_rows
