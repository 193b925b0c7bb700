import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.importance import measure


def test_metrics_by_hand() -> None:
    labels = np.zeros((3, 9), dtype=np.float32)
    labels[0, :2], labels[1, 4] = (10, 10), 6
    scores = np.zeros_like(labels)
    scores[0, 1], scores[1, 0] = 9.4, 5.0  # first: a top modality, one off; second: the wrong one; third: nothing said
    found = measure(scores, labels)
    assert found["mae"] == pytest.approx((10 + 0.6 + 5 + 6) / 27)
    assert found["within1"] == pytest.approx(24 / 27)
    assert found["top1"] == 0.5
    assert found["mae AC"] == pytest.approx(5.0)


def test_the_bench_measures_held_out_messages_beside_the_baselines(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"m{n}", "text": text, "weights": weights, "act": "request"})
        for n in range(20)
        for text, weights in (("some jazz", {"ST": 10}), ("do you have anything by Prince?", {"AC": 10, "BM": 8}))
    ]
    (tmp_path / "turns.jsonl").write_text("\n".join(lines))
    result = CliRunner().invoke(app, ["importance", "--turns", str(tmp_path / "turns.jsonl"), "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    rows = {row["name"]: row["metrics"] for row in printed["rows"]}
    assert list(rows) == ["mean", "ridge", "segue", "segue, float32"]
    assert printed["data"]["trained"] + printed["data"]["held out"] == 40
    assert rows["segue"]["mae"] < rows["mean"]["mae"]
    assert printed["figures"]["top1"] == 1.0
