import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.intent import measure, read_requests
from segue.evals.heard import Said, agree, alike, overlap, said
from segue.generator.errors import SourceError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog


def test_agreement_wants_the_same_polarity_and_counts_each_once() -> None:
    labelled = said({"genres": ["rock"]}, {"moods": ["too sad"]}, ["Radiohead"])
    assert agree(labelled, labelled) == (3, 0, 0)
    assert agree(labelled, [Said("want", "genres", "rock"), Said("want", "moods", "sad")]) == (1, 1, 2)
    assert agree(labelled, [Said("avoid", "sound", "sad")]) == (1, 0, 2)
    assert agree(labelled, [Said("avoid", "sound", "sad")], "kind") == (0, 1, 3)
    assert agree(labelled, [Said("avoid", "moods", "sad")], "exact") == (0, 1, 3)
    assert agree([Said("want", "genres", "rock")], [Said("want", "genres", "rock")] * 2) == (1, 1, 0)


def test_texts_are_alike_by_words_or_by_letters() -> None:
    assert alike("a big horn section", "big horn section")
    assert alike("Led Zepplin", "Led Zeppelin")
    assert not alike("jazz", "rock")
    assert not alike("Nas", "Nirvana")


def test_f1_of_counts() -> None:
    assert overlap([1, 2], [2, 3]).f1() == 0.5
    assert overlap([], []).f1() == 0.0


def turn(number: int, text: str, act: str, **more: object) -> str:
    weights = dict.fromkeys(("AC", "BM", "ST", "SC", "MC", "RI", "SF", "AB", "TC"), 1)
    return json.dumps({"id": f"m{number}", "text": text, "act": act, "weights": weights} | more)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    tracks = [
        Track.model_validate({"id": str(n), "title": title, "artists": [artist], "genres": ["rock"]})
        for n, (title, artist) in enumerate([("Paranoid Android", "Radiohead"), ("Zombie", "The Cranberries")])
    ]
    update_catalog(tmp_path / "music", tracks, encoder=HashingEncoder())
    return tmp_path / "music"


def test_the_bench_of_hearing_prints_the_baseline_beside_ours(tmp_path: Path, catalog: Path) -> None:
    turns = tmp_path / "turns.jsonl"
    lines = [turn(n, "songs like Radiohead", "request", like=["Radiohead"]) for n in range(12)]
    turns.write_text("\n".join(lines), "utf-8")
    result = CliRunner().invoke(app, ["hear", "--turns", str(turns), "--catalog", str(catalog), "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert [row["name"] for row in printed["rows"]] == ["keywords", "segue"]
    assert printed["figures"]["act_accuracy"] == 1
    assert printed["figures"]["mention_f1"] == 1
    assert {"refs_f1", "weights_mae", "weights_within1"} <= set(printed["figures"])


def test_intents_are_read_and_measured_by_polarity(tmp_path: Path) -> None:
    path = tmp_path / "intent.csv"
    path.write_text(
        "ID,source,language,query,descriptors,intents\n"
        "1,reddit,en,rock like radiohead but not sad,{},"
        "\"{'Genre': {('rock', '+'): 1.0}, 'NE': {('radiohead', '~'): 1.0}, 'Mood': {('sad', '-'): 1.0}}\"\n",
        "utf-8",
    )
    requests = read_requests(path)
    assert set(requests[0].said) == {
        Said("want", "genres", "rock"), Said("like", "names", "radiohead"), Said("avoid", "moods", "sad")
    }  # fmt: skip
    perfect = measure(requests, lambda text: requests[0].said, lambda text, value: "want")
    assert (perfect["f1"], perfect["avoid_f1"], perfect["given_avoid_f1"]) == (1, 1, 0)
    assert perfect["given_accuracy"] == pytest.approx(1 / 3)


def test_a_broken_row_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "intent.csv"
    path.write_text("query,intents\nrock,{'Genre'\n", "utf-8")
    with pytest.raises(SourceError, match="line 2"):
        read_requests(path)
