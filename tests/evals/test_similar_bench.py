import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from segue.evals.bench import playlists
from segue.evals.bench.app import app
from segue.evals.bench.playlists import fifth, hit_rates, seeds_of, split, top_rows
from segue.evals.bench.similar_weights import tune_weights
from segue.generator import remembered
from segue.generator.modality import MODALITIES, Modality
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track


def library(count: int = 120, lists: int = 40) -> list[dict[str, object]]:
    """Four scenes, each with its own tags, years, tempo and playlists."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for number in range(count):
        scene = number % 4
        mine = [p for p in range(lists) if p % 4 == scene and rng.random() < 0.6]
        rows.append(
            {
                "id": f"t{number}",
                "title": f"Song {number}",
                "artists": [f"Artist {number // 8} {scene}"],
                "tags": [("rock", "jazz", "folk", "techno")[scene]],
                "released": str(1960 + 15 * scene + int(rng.integers(0, 3))),
                "tempo": 80 + 20 * scene + float(rng.random()),
                "listened": [{"id": f"p{p}", "name": "secret"} for p in mine],
            }
        )
    return rows


def tracks() -> list[Track]:
    return [Track.model_validate(row) for row in library()]


def test_held_out_playlists_are_forgotten_by_the_tracks() -> None:
    data = split(tracks(), fifth)
    assert data.held_out
    left = {entry.id for track in data.tracks for entry in track.listened}
    assert left
    assert not left & set(data.held_out)
    named = split(tracks(), ["p0"])
    assert list(named.held_out) == ["p0"]


def test_the_seed_and_its_versions_are_no_hits() -> None:
    both = [
        Track.model_validate({"id": n, "title": title, "artists": ["A"], "listened": [{"id": "p"}]})
        for n, title in (("a", "One"), ("b", "One - Live"), ("c", "Two"))
    ]
    data = split(both, ["p"])

    def ranker(seed: int, banned: playlists.Rows, k: int) -> playlists.Rows:
        return top_rows(np.array([3.0, 2.0, 1.0]), banned, k)

    assert hit_rates(ranker, data, [(0, "p")])["hit@5"] == 1
    assert ranker(0, data.works[0], 50).tolist() == [2]


def test_hits_are_counted_within_the_first_k() -> None:
    data = split(tracks(), ["p0"])
    seeds = seeds_of(data.held_out, None)
    outsiders = np.setdiff1d(np.arange(120), data.held_out["p0"])

    def late(seed: int, banned: playlists.Rows, k: int) -> playlists.Rows:
        found = np.setdiff1d(data.held_out["p0"], banned)[:1]
        return np.concatenate([outsiders[:7], found])

    assert hit_rates(late, data, seeds) == {"hit@5": 0, "hit@10": 1, "hit@20": 1, "hit@50": 1}
    assert len(seeds_of(data.held_out, 3)) == 3


def test_top_rows_are_those_of_a_full_sort() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.integers(0, 4, 30).astype(float)
        banned = rng.choice(30, 5, replace=False)
        order = [row for row in np.argsort(-scores, kind="stable") if row not in banned]
        assert top_rows(scores.copy(), banned, 10).tolist() == order[:10]


def test_tuning_finds_the_modality_that_tells_something() -> None:
    data = split(tracks(), fifth)
    scene = np.arange(120) % 4
    rng = np.random.default_rng(0)
    noise = rng.random((120, 120)).astype(np.float32) * 20
    truth = (scene[:, None] == scene[None]).astype(np.float32)
    weights = tune_weights(
        lambda rows: {Modality.ST: truth[rows], Modality.SC: noise[rows]}, data, seeds_of(data.held_out, None)
    )
    assert weights[MODALITIES.index(Modality.ST)] > 3 * weights[MODALITIES.index(Modality.SC)]


def test_remembered_sentences_are_the_same_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    first = remembered.RememberedSentences(HashingEncoder(), path)
    vectors = first.encode(["rock", "jazz", "rock"])
    first.save()
    again = remembered.RememberedSentences(HashingEncoder(), path)
    np.testing.assert_array_equal(again.encode(["rock", "jazz", "rock"]), vectors)
    assert again.encode([]).shape == (0, vectors.shape[1])


def test_the_command_prints_one_object_with_segue_far_above_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.generator.sentences.SentenceEncoder", HashingEncoder)
    source = tmp_path / "tracks.jsonl.gz"
    with gzip.open(source, "wt") as file:
        for row in library():
            heard = [[entry["id"], entry["name"]] for entry in row.pop("listened")]  # type: ignore[attr-defined]
            file.write(json.dumps({**row, "playlists": heard}) + "\n")
    held = tmp_path / "held.json"
    held.write_text(json.dumps([f"p{p}" for p in range(0, 40, 5)]))
    names = "segue,random,kmeans-1024,kmeans-1024 soft,residual-kmeans,bm25,dense,unquantized,ST,without ST"
    run = CliRunner().invoke(
        app, ["similar", "--catalog", str(source), "--held-out", str(held), "--rows", names, "--json"]
    )
    assert run.exit_code == 0, run.output
    result = json.loads(run.stdout)
    rows = {row["name"]: row["metrics"] for row in result["rows"]}
    assert set(rows) == set(names.split(","))
    assert list(rows["segue"]) == ["hit@5", "hit@10", "hit@20", "hit@50"]
    assert rows["segue"]["hit@5"] > 0.9
    assert rows["segue"]["hit@5"] >= rows["random"]["hit@5"]
    assert result["data"]["playlists"] == 8
