import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from segue.evals.bench.entities import command, exact_linker, measure
from segue.evals.requests import plain_name, read_requests
from segue.generator.errors import SourceError
from segue.tools.search.name_index import NameIndex

REQUESTS = [
    {"query": "Songs like Radiohead's Creep", "normalised": "songs like radioheads creep", "mentions": [
        {"mention": "radioheads", "type": "Artist", "name": "Radiohead"},
        {"mention": "creep", "type": "WoA", "name": ""}]},
    {"query": "I say yes to Morphine", "normalised": "i say yes to morphine", "mentions": [
        {"mention": "morphine", "type": "Artist", "name": "Morphine_(band)"}]},
]  # fmt: skip


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    path = tmp_path / "requests.jsonl"
    path.write_text("\n".join(map(json.dumps, REQUESTS)), encoding="utf-8")
    return path


def test_truth_is_placed_in_the_query_as_typed(requests: Path) -> None:
    first, second = read_requests(requests)
    assert [(truth.first, truth.stop) for truth in first.truths] == [(2, 3), (3, 4)]
    assert second.truths[0].name == "Morphine"
    assert plain_name("Travelin%27_Band") == "Travelin' Band"


def test_precision_and_recall_of_the_exact_baseline(requests: Path) -> None:
    names = NameIndex.of_columns(["Creep", "Roundabout", "Buena"], [["Radiohead"], ["Yes"], ["Morphine"]], [None] * 3)
    found = measure(exact_linker(names, common=9.0), read_requests(requests), "artist", names)
    # "Radiohead's" is not spelt exactly; "yes" is linked and was not meant; "Morphine" is right.
    assert (found["linkable"], found["linked"], found["precision"], found["recall"]) == (2, 2, 0.5, 0.5)


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text('{"query": "x"}', encoding="utf-8")
    with pytest.raises(SourceError, match="line 1"):
        read_requests(path)


def test_the_command_prints_the_baseline_beside_ours(requests: Path, tmp_path: Path) -> None:
    tracks = tmp_path / "tracks.jsonl"
    tracks.write_text('{"title": "Creep", "artist": "Radiohead", "album": null}\n', encoding="utf-8")
    app = Typer()
    app.command()(command)
    ran = CliRunner().invoke(app, ["--requests", str(requests), "--catalog", str(tracks), "--json"])
    assert ran.exit_code == 0
    printed = json.loads(ran.stdout)
    assert len(printed["rows"]) == 12
    assert printed["data"]["tracks"] == 1
