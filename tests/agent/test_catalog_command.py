"""`segue catalog` from import to removal, on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segue.agent.commands.catalog import app
from segue.generator.errors import CatalogNotFound, TrackNotFound, UserError
from segue.generator.sentences import HashingEncoder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty catalog whose encoder needs no model, set as the one to work on."""
    monkeypatch.setenv("SEGUE_CATALOG", str(tmp_path / "mine"))
    monkeypatch.setattr("segue.tools.catalog.update.SentenceEncoder", lambda *_: HashingEncoder())
    return tmp_path / "mine"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"}, catch_exceptions=False)


@pytest.fixture
def stocked(folder: Path, tmp_path: Path) -> Path:
    table = tmp_path / "songs.csv"
    table.write_text(
        "Lied,artist,year,colour\nHalo,Beyoncé,2008,red\nIdioteque,Radiohead,soon,blue\nCreep,Radiohead,1992,\n,x,,\n",
        encoding="utf-8",
    )
    result = run("import", str(table), "--map", "title=Lied", "--json")
    (source,) = json.loads(result.stdout)["sources"]
    assert (source["rows"], source["accepted"], source["rejected"], source["cells"]) == (4, 3, 1, 1)
    assert list(source["ignored"]) == ["colour"]
    return folder


def test_import_tells_what_it_left_out(stocked: Path, tmp_path: Path) -> None:
    result = run("import", str(tmp_path / "songs.csv"), "--map", "title=Lied")
    assert "3 tracks in the catalog: 0 added, 0 changed" in result.stdout
    assert "not used: column 'colour'" in result.stdout
    assert "1 x no title" in result.stdout


def test_info_and_show(stocked: Path) -> None:
    found = json.loads(run("info", "--json").stdout)
    assert (found["tracks"], found["artists"]) == (3, 2)
    assert (found["known"]["released"], found["modalities"]["RI"], found["modalities"]["SC"]) == (0.6667, 0.6667, 0)
    assert found["modalities"]["BM"] == 1
    text = run("info").stdout
    assert "66.7%" in text
    assert "release date" in text
    table = stocked.parent / "out.jsonl"
    run("export", str(table))
    track = json.loads(table.read_text(encoding="utf-8").splitlines()[0])
    shown = json.loads(run("show", track["id"]).stdout)
    assert (shown["title"], shown["artists"][0]["name"]) == ("Halo", "Beyoncé")
    with pytest.raises(TrackNotFound):
        run("show", "nobody")


def test_remove_leaves_no_bytes_behind(stocked: Path) -> None:
    assert "2 tracks removed, 1 left" in run("remove", "--artist", "radiohead").stdout
    left = [path for path in stocked.rglob("*") if path.is_file() and b"Idioteque" in path.read_bytes()]
    assert left == []
    with pytest.raises(UserError, match="nothing to remove"):
        run("remove")
    with pytest.raises(TrackNotFound, match="bills the artist 'ABBA'"):
        run("remove", "--artist", "ABBA")


def test_repair_finds_nothing_to_do_and_then_something(stocked: Path) -> None:
    assert "nothing had to be rebuilt" in run("repair").stdout
    (chroma,) = stocked.glob("versions/*/dense/**/*.sqlite3")
    chroma.write_bytes(b"")
    assert "rebuilt dense" in run("repair").stdout


def test_a_folder_without_a_catalog_is_left_alone(folder: Path) -> None:
    for command in (("info",), ("remove", "x"), ("show", "x"), ("export", "x.csv"), ("repair",)):
        with pytest.raises(CatalogNotFound):
            run(*command)
    assert not folder.exists()


def test_an_import_of_which_nothing_could_be_read_exits_with_1(folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('not json\n{"artist": "A"}\n', encoding="utf-8")
    result = run("import", str(bad))
    assert result.exit_code == 1
    assert "not valid JSON" in result.output
    assert "no title" in result.output
