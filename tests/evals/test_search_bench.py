import json
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from segue.evals.bench.search import command
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog


def test_every_source_is_timed(tmp_path: Path) -> None:
    track = {"id": "a", "title": "Glory Box", "artists": ["Portishead"], "genres": ["trip hop"]}
    update_catalog(tmp_path / "music", [Track.model_validate(track)], encoder=HashingEncoder())
    queries = tmp_path / "queries.txt"
    queries.write_text("glory box\n\nsad trip hop\n", encoding="utf-8")
    app = Typer()
    app.command()(command)
    ran = CliRunner().invoke(app, ["--catalog", str(tmp_path / "music"), "--queries", str(queries), "--json"])
    assert ran.exit_code == 0
    printed = json.loads(ran.stdout)
    assert printed["data"]["run"] == 2
    assert [row["name"] for row in printed["rows"]] == ["lexical", "dense", "lexical + dense", "entity linking alone"]
    assert all(row["metrics"]["p95_ms"] >= row["metrics"]["p50_ms"] > 0 for row in printed["rows"])
