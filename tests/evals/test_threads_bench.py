"""Trials of conversations, a few each, in files and in a real Postgres; skipped, with the reason, where none is."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.threads_places import places


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["files", "Postgres"])
def test_nothing_is_lost_or_doubled_at_once_or_killed(kept: str, request: pytest.FixtureRequest) -> None:
    where = [] if kept == "files" else ["--database", request.getfixturevalue("postgres_server")]
    few = ["threads", "--turns", "24", "--users", "4", "--kills", "2", "--json"]
    result = CliRunner().invoke(app, [*few, *where])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["data"]["kept in"] == kept
    assert found["figures"]["bad"] == 0
    rows = {row["name"]: row["metrics"] for row in found["rows"]}
    assert rows["killed"]["turns"] >= 4, "each process that was killed had answered, and so did the last one"
    assert rows["langgraph alone"]["lost"] > 0, "turns at once on one thread are lost where nothing keeps them apart"


def test_each_trial_has_a_schema_and_none_is_left(postgres: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres, autocommit=True) as admin:
        with places(tmp_path, postgres) as place:
            for trial in ("at once", "at once, four processes"):
                with psycopg.connect(place(trial)["database"] or "") as connection:
                    connection.execute("CREATE TABLE mine (number INTEGER)")
            assert _ours(admin) == 2
        assert _ours(admin) == 0


def _ours(admin: psycopg.Connection[tuple[int]]) -> int:
    found = admin.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'segue_bench_%'").fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize("database", ["postgresql://ana:secret@localhost/music", "host=localhost password=secret"])
def test_no_password_gets_into_a_saved_result(database: str, tmp_path: Path) -> None:
    file = tmp_path / "threads.json"
    result = CliRunner().invoke(app, ["--save", str(file), "threads", "--kills", "0", "--database", database])
    assert result.exit_code == 2
    assert "PGPASSWORD" in result.output
    assert not file.exists()
