"""Refitting the order to feedback: little changes little, much changes what it must, and only the better is kept."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tools.ranking.conftest import GENRES, song
from tests.tools.ranking.test_ranker import NAMES, PAIR, judged

from segue.generator.errors import WeightsCorrupt
from segue.generator.sentences import HashingEncoder
from segue.tools.catalog.adapted import forget_order, order_folder
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.ranking.adapted_order import SHIPPED, order_of, save_order
from segue.tools.ranking.features import DISLIKED_ARTIST, feature_names
from segue.tools.ranking.feedback import FeedbackTurn
from segue.tools.ranking.fitting import Judged, fit_ranker, refit_ranker
from segue.tools.ranking.ranker import FILE, Ranker, Rankers
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.refit import LEAST, judged_feedback, placing, refit, refit_judged
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Stock

SOURCE_NAMES = tuple(SOURCES)


def swapped(turn: Judged) -> Judged:
    """Return the turn with the two sources in each other's place: what told before is noise now."""
    columns = [NAMES.index(f"{s}:{kind}") for s in ("noise", "good") for kind in ("height", "rank")]
    features = np.array(turn.candidates.features)
    features[:, :4] = features[:, columns]
    return replace(turn, candidates=replace(turn.candidates, features=features))


@pytest.fixture(scope="module")
def before() -> Ranker:
    return fit_ranker([judged(seed) for seed in range(60)], PAIR, rounds=20)


@pytest.fixture(scope="module")
def after(before: Ranker) -> Ranker:
    return refit_ranker([swapped(judged(seed)) for seed in range(60, 120)], before, pull=1.0)


def test_little_feedback_changes_little_and_much_changes_the_order(before: Ranker, after: Ranker) -> None:
    few = refit_ranker([swapped(judged(60))], before, pull=100.0)
    moved = [float(np.abs(ranker.weights - before.weights).max()) for ranker in (few, after)]
    assert moved[0] < 0.05 < moved[1]
    new = [swapped(judged(seed)) for seed in range(200, 230)]
    assert placing(new, after).mrr > placing(new, before).mrr + 0.1


def test_after_a_refit_more_of_a_source_never_lowers_a_track(after: Ranker) -> None:
    sources = [NAMES.index(f"{s}:{kind}") for s in PAIR for kind in ("height", "rank")]
    assert (after.weights[sources] >= 0).all()
    assert (after.weights[NAMES.index(DISLIKED_ARTIST)] <= 0).all()
    candidates = judged(5).candidates
    scores = after.scores(candidates)
    for column in sources:
        more = np.array(candidates.features)
        more[:, column] = np.minimum(more[:, column] + 0.3, 1)
        assert (after.scores(replace(candidates, features=more)) >= scores - 1e-6).all(), NAMES[column]


def test_the_trees_stay_and_the_sum_makes_room_for_them(before: Ranker, after: Ranker) -> None:
    assert after.trees is before.trees


def test_an_order_that_is_worse_on_what_was_held_out_is_not_kept(before: Ranker) -> None:
    rankers = Rankers(before, dict.fromkeys(PAIR, before))
    own, groups = [swapped(judged(seed)) for seed in range(60, 120)], [f"g{seed}" for seed in range(60)]
    alike = refit_judged(own, groups, [swapped(judged(seed)) for seed in range(200, 220)], rankers)
    other = refit_judged(own, groups, [judged(seed) for seed in range(200, 220)], rankers)
    assert alike.kept
    assert not other.kept


def asked(number: int, *, offered: bool = True) -> FeedbackTurn:
    """Return a turn in which somebody asks for a genre and likes the track of it that was offered."""
    good = number % 4 + 4 * (number % 7)
    shown = (good, *(n for n in range(good + 1, good + 4))) if offered else ()
    return FeedbackTurn(f"u{number}", f"d{number}", Situation(f"some {GENRES[number % 4]} please"), shown, (good,))


def test_only_what_was_offered_competes(catalog: Catalog) -> None:
    stock = Stock(catalog)
    among = judged_feedback(stock, asked(1))
    assert among.candidates.rows.tolist() == list(asked(1).offered)
    assert among.candidates.rows[among.liked].tolist() == [5]
    everything = judged_feedback(stock, asked(1, offered=False))
    assert len(everything.candidates.rows) > 4
    # How a track stands among all does not depend on what was offered beside it.
    same = everything.candidates.rows == 5
    assert np.array_equal(everything.candidates.features[same], among.candidates.features[among.liked])


def test_too_little_feedback_fits_nothing(catalog: Catalog) -> None:
    shipped = Rankers.shipped(SOURCE_NAMES)
    result = refit(Stock(catalog), [asked(number) for number in range(LEAST)], shipped)
    assert result.fitted is None
    assert result.learnt + result.held == LEAST


def test_whole_listeners_are_held_out(catalog: Catalog) -> None:
    shipped = Rankers.shipped(SOURCE_NAMES)
    turns = [replace(asked(number), user=f"u{number // 3}") for number in range(72)]
    result = refit(Stock(catalog), turns, shipped)
    assert result.groups == "listeners"
    assert result.held % 3 == 0
    assert result.fitted is not None
    one = refit(Stock(catalog), [replace(turn, user="local") for turn in turns[:30]], shipped)
    assert one.groups == "threads"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    update_catalog(folder, [song(number) for number in range(8)], encoder=HashingEncoder())
    return folder


def changed() -> Rankers:
    shipped = Rankers.shipped(SOURCE_NAMES)
    weights = np.array(shipped.full.weights)
    weights[feature_names(SOURCE_NAMES).index("named:rank")] += 7
    return Rankers(replace(shipped.full, weights=weights), shipped.without)


def test_a_catalog_is_ranked_by_its_own_order_once_it_has_one(own: Path) -> None:
    with Catalog.open(own) as opened:
        assert order_of(opened).name == SHIPPED
        save_order(opened, changed(), turns=41, about={"pull": 3.0})
        assert np.allclose(order_of(opened).rankers.full.weights, changed().full.weights, atol=1e-4)
        found = Recommender(opened).recommend(Situation("play Song 3"), 1)
        assert found.order == "own, learnt from 41 turns"
    update_catalog(own, [song(9)], encoder=HashingEncoder())
    with Catalog.open(own) as opened:
        assert order_of(opened).name != SHIPPED, "it outlives an update of the tracks"
        assert forget_order(own)
        assert order_of(opened).name == SHIPPED
        assert not forget_order(own)


def test_an_order_fitted_beside_another_tower_is_refused(own: Path) -> None:
    with Catalog.open(own) as opened:
        save_order(opened, changed(), turns=41, about={})
        folder = order_folder(own)
        assert folder is not None
        document = json.loads((folder / FILE).read_text("utf-8"))
        document["fitted_beside"]["generator"] = "other"
        (folder / FILE).write_text(json.dumps(document), "utf-8")
        assert order_of(opened).name.endswith("with another generator")
        document["fitted_beside"]["tower"] = "other"
        (folder / FILE).write_text(json.dumps(document), "utf-8")
        with pytest.raises(WeightsCorrupt, match="another tower"):
            Recommender(opened)
