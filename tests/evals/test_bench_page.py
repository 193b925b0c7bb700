import json
import re
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
import typer
from typer.testing import CliRunner

from segue.evals.bench import everything, plan
from segue.evals.bench.app import app
from segue.evals.bench.page import PAGE, RESULTS, page, read_results, table
from segue.evals.bench.plan import PLAN, Planned, Run, runs
from segue.evals.bench.provenance import command_line, fingerprint
from segue.evals.bench.result import SAVING, BenchResult, Row, SavedResult
from segue.evals.bench.starts import Start
from segue.generator.errors import SourceError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _nothing_is_saved_afterwards() -> None:
    SAVING.set(None)


def scored(folder: Path, *, save: bool = True) -> tuple[Path, str]:
    """Run a cheap benchmark, and return the file of its result and what it printed."""
    answers = [{"session_id": "s", "turn_number": 1, "ground_truth_track_id": "a"}]
    predictions = [{"session_id": "s", "user_id": "u", "turn_number": 1, "predicted_track_ids": ["b", "a"]}]
    folder.mkdir(exist_ok=True)
    (folder / "truth.json").write_text(json.dumps(answers))
    (folder / "ours.json").write_text(json.dumps([one | {"predicted_response": "here"} for one in predictions]))
    file = folder / "saved" / "music-crs.json"
    arguments = ["music-crs", str(folder / "ours.json"), "--answers", str(folder / "truth.json"), "--tracks", "4"]
    ran = CliRunner().invoke(app, [*(["--save", str(file)] if save else []), *arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    return file, ran.stdout


def test_the_committed_page_is_the_one_of_the_committed_results() -> None:
    saved = read_results(ROOT / RESULTS)
    assert saved
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(saved), "segue bench page writes it anew"


def test_committed_results_name_no_folder_of_a_host() -> None:
    for file in (ROOT / RESULTS).glob("*.json"):
        told = file.read_text(encoding="utf-8")
        assert not re.search(r'["\s=]/\w+/', told), file.name


def test_a_saved_result_has_its_rows_and_where_they_come_from(tmp_path: Path) -> None:
    file, printed = scored(tmp_path)
    saved = SavedResult.read(file)
    assert json.loads(printed)["rows"] == [row.model_dump() for row in saved.rows]
    source = saved.provenance
    assert source.command == "segue bench music-crs ours.json --answers truth.json --tracks 4"
    assert set(source.fingerprints) == {"ours.json", "truth.json"}
    assert str(tmp_path) not in file.read_text()
    assert source.versions["numpy"][0].isdigit()
    assert source.cores >= 1
    assert source.revision.startswith("unknown") or re.fullmatch(r"[0-9a-f]{10,}(-dirty)?", source.revision)


def test_without_the_option_nothing_is_saved_even_after_a_run_that_saved(tmp_path: Path) -> None:
    file, _ = scored(tmp_path)
    file.unlink()
    scored(tmp_path, save=False)
    assert not file.exists()


def test_a_fingerprint_follows_the_content_and_of_a_catalog_its_tracks(tmp_path: Path) -> None:
    version = tmp_path / "versions" / "v1"
    version.mkdir(parents=True)
    (tmp_path / "CURRENT").write_text("v1\n")
    (version / "tracks.parquet").write_bytes(b"one")
    before = fingerprint(tmp_path)
    (version / "codes").write_bytes(b"derived")
    assert fingerprint(tmp_path) == before == fingerprint(version / "tracks.parquet")
    (version / "tracks.parquet").write_bytes(b"two")
    assert fingerprint(tmp_path) != before
    folder = fingerprint(version)
    (version / "codes").rename(version / "coded")
    assert fingerprint(version) != folder


def test_only_what_exists_loses_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a b.jsonl").touch()
    told = command_line(["hear", f"--turns={tmp_path}/a b.jsonl", "--rows", "x/y", "--json"])
    assert told == "segue bench hear '--turns=a b.jsonl' --rows x/y"


def test_a_table_leaves_a_cell_empty_where_a_row_lacks_a_metric() -> None:
    rows = [Row(name="a|b", metrics={"n": 1234.0}), Row(name="c", metrics={"ms": 0.123456, "n": float("nan")})]
    assert table(BenchResult(bench="x", data={}, rows=rows)).splitlines() == [
        "| | n | ms |", "|---|---:|---:|", "| a\\|b | 1,234 |  |", "| c | nan | 0.1235 |",
    ]  # fmt: skip


def test_a_result_that_is_not_a_number_survives_saving(tmp_path: Path) -> None:
    file, _ = scored(tmp_path)
    SavedResult.read(file).model_copy(update={"figures": {"share": float("nan")}}).write(file)
    assert "share: nan" in page({"x": SavedResult.read(file)})


def test_the_page_says_which_results_are_quick(tmp_path: Path) -> None:
    file, _ = scored(tmp_path)
    saved = SavedResult.read(file)
    assert "**Quick.**" not in page({"x": saved})
    assert "[x](#x) (quick)" in page({"x": saved.model_copy(update={"quick": True})})


def test_the_page_says_how_long_a_benchmark_took_where_that_is_known(tmp_path: Path) -> None:
    saved = SavedResult.read(scored(tmp_path)[0])
    assert "it took" not in page({"x": saved})
    assert "wanting one; it took 83 s." in page({"x": saved.model_copy(update={"seconds": 83.4})})


def test_the_page_is_written_by_its_command_and_refuses_no_results(tmp_path: Path) -> None:
    file, _ = scored(tmp_path)
    to = tmp_path / "docs" / "page.md"
    ran = CliRunner().invoke(app, ["page", "--results", str(file.parent), "--to", str(to)])
    assert ran.exit_code == 0
    assert to.read_text(encoding="utf-8") == page({"music-crs": SavedResult.read(file)})
    (tmp_path / "none").mkdir()
    ran = CliRunner().invoke(app, ["page", "--results", str(tmp_path / "none")])
    assert isinstance(ran.exception, SourceError)
    file.write_text("{}")
    with pytest.raises(SourceError, match=r"music-crs\.json is no saved result"):
        read_results(file.parent)


def test_every_benchmark_is_planned_with_options_that_it_has() -> None:
    group = typer.main.get_command(app)
    commands = dict(group.commands)  # type: ignore[attr-defined]
    assert {planned.bench for planned in PLAN} == set(commands) - {"all", "page"}
    for planned in PLAN:
        options = {name for parameter in commands[planned.bench].params for name in parameter.opts}
        asked = {*planned.full, *planned.quick, *(name for name, _ in planned.files)}
        assert {name for name in asked if name.startswith("--")} <= options, planned.bench


def test_what_has_no_data_is_skipped_with_the_reason(tmp_path: Path) -> None:
    planned = Planned("hear", files=(("--turns", ("turns.jsonl",)),), catalog="each", quick=("--fast",))
    (tmp_path / "deep").mkdir()
    catalogs = [("", Path("one")), ("big", Path("two"))]
    assert runs(planned, [tmp_path], catalogs, quick=True)[0].skipped == "no turns.jsonl in the data folders"
    (tmp_path / "deep" / "turns.jsonl").touch()
    file = str(tmp_path / "deep" / "turns.jsonl")
    assert runs(planned, [tmp_path], catalogs, quick=True) == [
        Run("hear", ("hear", "--turns", file, "--fast", "--catalog", "one"), smaller=True)
    ]
    whole = runs(planned, [tmp_path], catalogs, quick=False)
    assert [run.name for run in whole] == ["hear", "hear-big"]
    assert [run.smaller for run in whole] == [False, False]
    assert "--fast" not in whole[0].arguments
    (only,) = runs(replace(planned, catalog="first"), [tmp_path], catalogs, quick=False)
    assert only == Run("hear", ("hear", "--turns", file, "--catalog", "one"))


def test_a_benchmark_takes_the_first_catalog_that_has_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "has", lambda need, folder: folder == Path("two"))
    planned = Planned("personal", catalog="first", need="playlists")
    catalogs = [("", Path("one")), ("big", Path("two"))]
    assert runs(planned, [tmp_path], catalogs, quick=False) == [Run("personal", ("personal", "--catalog", "two"))]
    (too_long,) = runs(replace(planned, long="hours"), [tmp_path], catalogs, quick=True)
    assert too_long == Run("personal", skipped="hours")
    (skipped,) = runs(planned, [tmp_path], catalogs[:1], quick=False)
    assert skipped.skipped == "no track of a catalog has playlists"


def test_what_times_nothing_runs_beside_each_other_and_what_does_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, _ = scored(tmp_path)
    together, running, most = Barrier(2, timeout=20), set[str](), dict[str, int]()

    def execute(run: Run, results: Path, start: Start) -> tuple[str, str]:
        running.add(run.name)
        if not run.timed:
            together.wait()  # it breaks, with an error, where one waits for the other to end
        most[run.name] = len(running)
        running.discard(run.name)
        return "", "1 s"

    monkeypatch.setattr(everything, "PLAN", (Planned("turn", timed=True), Planned("hear"), Planned("intent")))
    monkeypatch.setattr(everything, "execute", execute)
    to = tmp_path / "page.md"
    asked = ["all", "--data", str(tmp_path), "--catalog", str(tmp_path), "--results", str(kept.parent), "--to", str(to)]
    ran = CliRunner().invoke(app, [*asked, "--jobs", "2"])
    assert ran.exit_code == 0, ran.output
    assert most["turn"] == 1
    assert [line.split(":")[0] for line in ran.output.splitlines()[:3]] == ["hear", "intent", "turn"]


def test_all_keeps_going_after_a_failure_and_exits_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, _ = scored(tmp_path)
    planned = (Planned("match", full=("--tracks", "1")), Planned("backends", skipped="needs a server"))
    monkeypatch.setattr(everything, "PLAN", planned)
    to = tmp_path / "page.md"
    asked = ["all", "--data", str(tmp_path), "--catalog", str(tmp_path), "--results", str(kept.parent), "--to", str(to)]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 1
    assert "match: failed with 2" in ran.output
    assert "backends: skipped, needs a server" in ran.output
    assert "## music-crs" in to.read_text(encoding="utf-8")
