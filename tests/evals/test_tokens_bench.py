"""How often predicted codes match, counted by hand."""

import numpy as np
import pytest

from segue.evals import token_match
from segue.evals.bench.tokens import Judge
from segue.generator.layout import Codes
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.situation import Situation

VALUES = np.array([0.0, 0.5, 0.75, 1.0])


def ids(*triples: tuple[int, int, int]) -> Codes:
    """Semantic IDs that know the first modality alone; (0, 0, 0) is unknown there too."""
    codes = np.zeros((len(triples), 27), dtype=np.uint8)
    codes[:, :3] = triples
    return codes


CATALOG = ids((1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1), (0, 0, 0))


def test_a_deeper_level_matches_only_below_matching_ones() -> None:
    found = token_match.matches(ids((1, 1, 1), (1, 2, 1), (2, 1, 1), (1, 1, 1)), ids(*[(1, 1, 1)] * 3, (0, 0, 0)))
    assert found[:3, 0].tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert np.isnan(found[3]).all()
    assert np.isnan(found[:, 1:]).all()


def test_the_chance_of_drawn_codes_is_their_share_among_the_tracks_that_have_some() -> None:
    chances = token_match.drawn(CATALOG, CATALOG[[0, 3, 4]])
    assert chances[:2, 0].tolist() == [[3 / 4, 2 / 4, 1 / 4], [1 / 4, 1 / 4, 1 / 4]]
    assert np.isnan(chances[2]).all()


def test_the_commonest_codes_and_the_shuffled_ones_are_codes_of_tracks() -> None:
    assert token_match.commonest(CATALOG)[:3].tolist() == [1, 1, 1]
    mixed = token_match.shuffled(CATALOG, 50)
    assert {tuple(row) for row in mixed[:, :3].tolist()} == {tuple(row) for row in CATALOG[:4, :3].tolist()}
    assert not mixed[:, 3:].any()


def test_modalities_count_together_only_where_one_track_has_them_all() -> None:
    catalog = np.zeros((2, 27), dtype=np.uint8)
    catalog[0, :6], catalog[1, :6] = (1, 1, 1, 9, 1, 1), (2, 2, 2, 3, 1, 1)
    predicted = np.zeros((1, 27), dtype=np.uint8)
    predicted[0, :6] = (1, 1, 2, 3, 1, 1)  # one modality of each track
    assert token_match.agreement(predicted, catalog).tolist() == [[1, 1, 1]]
    catalog[0, 3] = 3
    assert token_match.agreement(predicted, catalog).tolist() == [[2, 2, 1]]
    assert token_match.first_matches(predicted, catalog, VALUES.tolist()).tolist() == [0]


def test_rows_tell_warm_from_cold_and_divide_by_chance() -> None:
    turns = [JudgedTurn(f"d{n}", 1, Situation("x"), (position,)) for n, position in enumerate((0, 0, 3))]
    warm = np.array([True, False, False, False, False])
    judge = Judge(turns, np.ones(5, dtype=bool), warm, VALUES, samples=50)
    rows = {row.name: row.metrics for row in judge.rows("g", ids((1, 1, 1), (1, 1, 2), (1, 1, 1)), CATALOG)}
    assert set(rows) == {"g", "g, AC"}
    own = rows["g, AC"]
    assert own["pairs"] == 3
    assert own["level 1"] == own["level 2"] == pytest.approx(2 / 3)
    assert own["level 3"] == pytest.approx(1 / 3)
    assert own["x drawn 1"] == pytest.approx((2 / 3) / ((3 / 4 + 3 / 4 + 1 / 4) / 3))
    assert (own["warm level 1"], own["cold level 1"], own["cold x drawn"]) == (1, 0, 0)
    assert own["warm x drawn"] == pytest.approx(1 / (3 / 4))
    # The first track is 0 (warm), 1 (cold), 0 (warm): two turns for one warm track, one for four cold ones.
    assert (rows["g"]["per warm track"], rows["g"]["per cold track"]) == (2, 1 / 4)
    assert rows["g"]["together 3"] == 1
    names = [row.name for row in judge.baselines(CATALOG)]
    assert names == ["drawn", "drawn, AC", "commonest", "commonest, AC", "shuffled"]
