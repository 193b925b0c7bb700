import json

import numpy as np
import pytest
from typer.testing import CliRunner

from segue.evals.bench import match_baselines as baselines
from segue.evals.bench import match_data
from segue.evals.bench.app import app
from segue.tools.match import match_codes


def test_it_prints_the_figures_and_every_system() -> None:
    run = CliRunner().invoke(
        app, ["match", "--tracks", "30000", "--queries", "5", "--chroma-tracks", "500", "--k", "10", "--json"]
    )
    assert run.exit_code == 0, run.output
    printed = json.loads(run.output)
    assert printed["bench"] == "match"
    names = [row["name"] for row in printed["rows"]]
    assert names[:4] == ["segue hard, 1 core", "segue soft, 1 core", "segue hard, 2 cores", "segue soft, 2 cores"]
    assert names[-1] == "Chroma filter, extrapolated from 500 tracks"
    assert printed["figures"]["hard_ms"] == printed["rows"][0]["metrics"]["median_ms"] > 0
    assert printed["figures"]["soft_ms"] == printed["rows"][1]["metrics"]["median_ms"] > 0
    assert printed["figures"]["distribution_ms"] == printed["rows"][4]["metrics"]["median_ms"] > 0
    assert printed["figures"]["bytes_a_track"] == pytest.approx(31, abs=0.5)


def test_the_catalog_is_skewed_has_gaps_and_the_seed_decides_it() -> None:
    table = match_data.synthetic_table(20_000, seed=1)
    first = np.sort(np.bincount(table.columns[0, : len(table)], minlength=129)[1:])[::-1]
    assert first[:13].sum() > 0.2 * first.sum()
    known = table.layout.known(table.codes(np.arange(len(table)))).mean(axis=0)
    assert np.allclose(1 - known, match_data.UNKNOWN_SHARE, atol=0.02)
    assert np.array_equal(table.columns, match_data.synthetic_table(20_000, seed=1).columns)
    assert not np.array_equal(table.columns, match_data.synthetic_table(20_000, seed=2).columns)


def test_the_byte_baseline_finds_nearly_the_same_tracks() -> None:
    table = match_data.synthetic_table(20_000, seed=1)
    queries, _ = match_data.hard_queries(table, 5, seed=2)
    for query, weights in zip(queries, match_data.random_weights(5, seed=3), strict=True):
        exact = match_codes(table, query, weights, 50)
        near = baselines.numpy_hard_bytes(table, query, weights, 50)
        assert np.isin(near, exact.rows).mean() > 0.7
