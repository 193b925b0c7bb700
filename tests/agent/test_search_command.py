import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from segue.agent.commands.search import parse_without, parse_years, search
from segue.generator.errors import QueryError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tracks = [
        {"id": "a", "title": "Glory Box", "artists": ["Portishead"], "released": "1994", "genres": ["trip hop"]},
        {"id": "b", "title": "Glory Days", "artists": ["Bruce Springsteen"], "released": "1984"},
    ]
    root = tmp_path_factory.mktemp("music")
    update_catalog(root, map(Track.model_validate, tracks), encoder=HashingEncoder())
    return root


@pytest.fixture
def app() -> Typer:
    app = Typer()
    app.command()(search)
    return app


def test_json_says_what_was_found_and_why(app: Typer, folder: Path) -> None:
    ran = CliRunner().invoke(app, ["glory box", "--catalog", str(folder), "--json"])
    assert ran.exit_code == 0
    printed = json.loads(ran.stdout)
    assert printed["hits"][0]["track"]["title"] == "Glory Box"
    assert printed["hits"][0]["sources"]["named"][0] == 1
    assert printed["mentions"][0]["kind"] == "title"


def test_the_table_shows_hits_mentions_and_notes(app: Typer, folder: Path) -> None:
    ran = CliRunner().invoke(app, ["glory from the 90s", "--catalog", str(folder)], env={"COLUMNS": "120"})
    assert ran.exit_code == 0
    assert "Glory Box" in ran.stdout
    assert "Glory Days" not in ran.stdout
    assert "released 1990 to 1999" in ran.stdout


def test_options_filter(app: Typer, folder: Path) -> None:
    ran = CliRunner().invoke(app, ["glory", "--catalog", str(folder), "--without", "genre:trip hop", "--json"])
    assert [hit["track"]["id"] for hit in json.loads(ran.stdout)["hits"]] == ["b"]


@pytest.mark.parametrize(
    ("text", "years"),
    [("1994", (1994, 1994)), ("1990-1999", (1990, 1999)), ("1990-", (1990, None)), ("-1999", (None, 1999))],
)
def test_years(text: str, years: tuple[int | None, int | None]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize("text", ["", "-", "90s", "19941999"])
def test_what_are_no_years(text: str) -> None:
    with pytest.raises(QueryError):
        parse_years(text)


def test_what_to_leave_out() -> None:
    assert parse_without(["version:live", "version:karaoke", "vocals:male"]) == {
        "without_versions": ("live", "karaoke"),
        "without_vocals": ("male",),
    }
    with pytest.raises(QueryError):
        parse_without(["colour:red"])
