import json
from pathlib import Path

import pytest

from segue.evals.bench.result import SavedResult
from segue.evals.bench.starts import Fresh, Start, Warm


def asked(folder: Path) -> tuple[Path, list[str]]:
    """Return the file of its result and the arguments of a cheap benchmark."""
    answers = [{"session_id": "s", "turn_number": 1, "ground_truth_track_id": "a"}]
    predictions = [{"session_id": "s", "user_id": "u", "turn_number": 1, "predicted_track_ids": ["b", "a"]}]
    (folder / "truth.json").write_text(json.dumps(answers))
    (folder / "ours.json").write_text(json.dumps([one | {"predicted_response": "here"} for one in predictions]))
    file = folder / "saved.json"
    given = ["music-crs", str(folder / "ours.json"), "--answers", str(folder / "truth.json"), "--tracks", "4"]
    return file, ["--save", str(file), *given]


def run(start: Start, folder: Path) -> None:
    file, arguments = asked(folder)
    ended = start(arguments)
    assert ended.code == 0, ended.told
    assert ended.processor > 0
    saved = SavedResult.read(file)
    assert saved.rows
    # Each result tells its own command, and none that came before it.
    assert saved.provenance.command == "segue bench music-crs ours.json --answers truth.json --tracks 4"
    file.unlink()
    failed = start(["match", "--tracks", "1"])
    assert failed.code == 2
    assert "--tracks" in failed.told


def test_a_benchmark_is_run_and_a_failure_is_told(tmp_path: Path) -> None:
    run(Fresh(1), tmp_path)


def test_one_benchmark_after_another_is_run_in_forks(tmp_path: Path) -> None:
    with Warm(1, ["segue.evals.bench.app"]) as start:
        run(start, tmp_path)
        run(start, tmp_path)


def test_a_warm_start_that_cannot_import_says_so() -> None:
    start = Warm(1, ["segue.no_such_module"])
    with pytest.raises(RuntimeError, match="has died"):
        start(["match"])
    start.close()
