"""One call from a situation to tracks: what must never come back, and the reasons of what does."""

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import GeneratorUnavailable, QueryError
from segue.generator.layout import DEFAULT_LAYOUT
from segue.tools.catalog.catalog import Catalog
from segue.tools.importance.weights import ModalityWeights
from segue.tools.ranking.recommend import Recommendation, Recommender
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import PastTurn, Situation
from segue.tools.search.filters import Filters

EVEN = ModalityWeights()


@pytest.fixture(scope="module")
def recommender(catalog: Catalog) -> Recommender:
    return Recommender(catalog)


def ask(recommender: Recommender, text: str, k: int = 10, **options: object) -> Recommendation:
    past = options.pop("past", ())
    return recommender.recommend(Situation(text, past), k, weights=EVEN, **options)  # type: ignore[arg-type]


class TestOrder:
    def test_the_words_of_the_request_decide(self, recommender: Recommender) -> None:
        found = ask(recommender, "country music", 4, knobs=Knobs(per_artist=None))
        assert {one.track.genres for one in found.tracks} == {("country",)}

    def test_a_named_track_comes_first(self, recommender: Recommender) -> None:
        assert ask(recommender, "play Song 13 by Dolly Parton").tracks[0].track.title == "Song 13"

    def test_after_a_like_its_playlist_comes_up(self, recommender: Recommender) -> None:
        past = (PastTurn("hello", "here", liked=(17,)),)
        found = ask(recommender, "something else please", 5, past=past)
        assert any("co-listened" in one.sources and one.sources["co-listened"] > 0 for one in found.tracks)

    def test_tracks_that_bear_what_is_wanted_come_before_those_that_only_sound_like_it(
        self, recommender: Recommender
    ) -> None:
        words = "something for the road"
        wanted = ask(recommender, words, 4, wanted=("country",), knobs=Knobs(per_artist=None))
        assert {one.track.genres for one in wanted.tracks} == {("country",)}
        unwanted = ask(recommender, words, 4, wanted=("no such label",), knobs=Knobs(per_artist=None))
        plain = ask(recommender, words, 4, knobs=Knobs(per_artist=None))
        assert [one.position for one in unwanted.tracks] == [one.position for one in plain.tracks]

    def test_what_a_message_compares_with_counts_as_liked_and_is_not_offered(self, recommender: Recommender) -> None:
        found = recommender.recommend(Situation("something else please", like=(17,)), 5, weights=EVEN)
        assert 17 not in [one.position for one in found.tracks]
        assert any(one.sources["co-listened"] > 0 for one in found.tracks)

    def test_the_same_request_gives_the_same_answer(self, recommender: Recommender) -> None:
        first, second = (ask(recommender, "slow trip hop at night") for _ in range(2))
        assert [one.position for one in first.tracks] == [one.position for one in second.tracks]


class TestNever:
    """Whatever is asked: hard constraints hold."""

    def test_after_a_like_filters_may_leave_nothing(self, catalog: Catalog) -> None:
        class Codes:
            def codes(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
                return np.ones((len(rows), 27), dtype=np.uint8)

        recommender = Recommender(catalog)
        recommender.stock.__dict__["codes"] = Codes()
        past = (PastTurn("before", "so", liked=(4,), disliked=(8,)),)
        assert ask(recommender, "more", past=past, filters=Filters(genres=("zydeco",))).tracks == ()

    @pytest.mark.parametrize("text", ["country", "play Song 13 by Dolly Parton", "anything", "", "<AC1-21>"])
    def test_filtered_banned_and_rated_tracks_never_rank(self, recommender: Recommender, text: str) -> None:
        past = (PastTurn("before", "so", liked=(4, 8), disliked=(13,)),)
        found = ask(
            recommender, text, 40, past=past, without=(0, 1, 2), filters=Filters(without_genres=("country",)),
            knobs=Knobs(per_artist=None),
        )  # fmt: skip
        positions = {one.position for one in found.tracks}
        assert not positions & {0, 1, 2, 4, 8, 13}
        assert all("country" not in one.track.genres for one in found.tracks)

    def test_no_track_left_is_an_empty_answer(self, recommender: Recommender) -> None:
        found = ask(recommender, "rock", without=range(40))
        assert found.tracks == ()

    def test_years_that_nothing_meets(self, recommender: Recommender) -> None:
        found = ask(recommender, "rock", filters=Filters(year_from=2050))
        assert found.tracks == ()
        assert found.applied.allowed == 0


class TestReasons:
    def test_shares_sum_to_one_and_scores_fall(self, recommender: Recommender) -> None:
        found = ask(recommender, "soul by Sade", 6)
        for one in found.tracks:
            # A track that only a source without weight proposed has no shares.
            assert sum(one.sources.values()) == pytest.approx(1 if any(one.sources.values()) else 0)
            assert min(one.sources.values()) >= 0
        assert any(found.tracks[0].sources.values())
        scores = [one.score for one in found.tracks]
        assert scores == sorted(scores, reverse=True)

    def test_what_could_not_be_asked_is_said(self, recommender: Recommender) -> None:
        said = " ".join(ask(recommender, "rock").degraded)
        assert "without the generator" in said
        assert "two-tower" in said

    def test_left_out_versions_and_artists_are_counted(self, recommender: Recommender) -> None:
        notes = " ".join(ask(recommender, "song", 40).notes)
        assert "more tracks of artists shown" in notes

    def test_sources_can_be_left_out(self, catalog: Catalog) -> None:
        alone = Recommender(catalog, sources=("lexical",))
        found = alone.recommend(Situation("country music"), 3, weights=EVEN)
        assert found.degraded == ()
        assert all(one.sources["lexical"] == 1 for one in found.tracks)


def test_a_generator_that_is_down_costs_a_sentence_and_no_answer(catalog: Catalog) -> None:
    class Down:
        name = "down"
        layout = DEFAULT_LAYOUT
        asked = 0

        def distribution(self, dialogue: Dialogue) -> CodeDistribution:
            self.asked += 1
            raise GeneratorUnavailable("the generator is down (ConnectError)")

    down = Down()
    found = ask(Recommender(catalog, generator=down), "rock")
    without = ask(Recommender(catalog), "rock")
    assert "Ranked without generator: the generator is down (ConnectError)" in found.degraded
    assert down.asked == 1  # a second try would cost the deadline again
    assert [each.position for each in found.tracks] == [each.position for each in without.tracks]
    assert all(each.modalities == {} for each in found.tracks)


def test_without_a_generator_modality_weights_have_nothing_to_act_on(recommender: Recommender) -> None:
    assert not recommender.heeds_generator(first=True)


def test_bad_arguments_are_refused(recommender: Recommender, catalog: Catalog) -> None:
    with pytest.raises(QueryError):
        ask(recommender, "rock", 0)
    with pytest.raises(QueryError, match="no such source"):
        Recommender(catalog, sources=("magic",))


def test_positions_are_those_of_the_catalog(recommender: Recommender, catalog: Catalog) -> None:
    for one in ask(recommender, "trip hop").tracks:
        assert catalog.at(one.position).id == one.track.id
        assert np.isfinite(one.score)
