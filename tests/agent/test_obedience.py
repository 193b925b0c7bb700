from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.agent.fake import FakeRecommender
from segue.agent.guard import Rules, obedient
from segue.agent.music_agent import MusicAgent
from segue.agent.wish import Facets, Wish
from segue.generator.names import artist_key
from segue.memory.editing import ban
from segue.memory.events import Subject
from segue.memory.taste import Ban, Taste
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import Situation
from segue.tools.search.filters import FilterColumns, Filters

Make = Callable[..., MusicAgent]


async def test_what_was_shown_or_turned_down_never_comes_again(make: Make) -> None:
    wishes = {"no": Wish(act="dislike", text="", refs=(1,))}
    async with make(wishes) as agent:
        seen: list[str] = []
        for message in ("something", "more", "no", "more", "and more"):
            turn = await agent.turn(message, thread="t1")
            seen += [track.id for track in turn.tracks]
        assert len(seen) == len(set(seen)) == 25
        elsewhere = await agent.turn("something", thread="t2")
        rejected = (await agent.taste("local")).disliked
        assert rejected
        assert not set(rejected) & {track.id for track in elsewhere.tracks}, "a rejection holds in every thread"


async def test_what_was_played_does_not_come_again_unless_it_is_asked_for_by_name(make: Make, catalog: Catalog) -> None:
    position = catalog.position("t000")
    named = {
        "kind": "title", "name": "Song number 0", "score": 1.0, "positions": (position,), "exact": True, "start": 0,
        "end": 1, "text": "Song number 0", "polarity": "want",
    }  # fmt: skip
    wishes = {"play Song number 0": Wish.model_validate({"act": "request", "text": "", "mentions": [named]})}
    async with make(wishes) as agent:
        await agent.feedback("local", "t1", "t000", "played")
        turn = await agent.turn("something", thread="t1")
        assert "t000" not in {track.id for track in turn.tracks}
        asked = await agent.turn("play Song number 0", thread="t1")
        assert asked.tracks[0].id == "t000"


async def test_a_ban_holds_from_the_next_answer_on_and_can_be_lifted(make: Make) -> None:
    ban = {"act": "taste", "text": "", "avoid": {"genres": ("country",)}, "lasting": True, "command": {"name": "never"}}
    lift = {"act": "taste", "text": "", "want": {"genres": ("country",)}, "command": {"name": "unban"}}
    asks = Wish(act="request", text="", want=Facets(genres=("country",)), filters=Filters(genres=("country",)))
    wishes = {"never": Wish.model_validate(ban), "allow": Wish.model_validate(lift), "country": asks}
    async with make(wishes) as agent:
        banned = await agent.turn("never", thread="t1")
        assert banned.text == "I'll never play country again."
        assert (await agent.turn("country", thread="t2")).tracks == ()
        told = (await agent.turn("country", thread="t2")).receipts
        assert any("You asked me never to play country" in receipt.text for receipt in told)
        for _ in range(3):
            turn = await agent.turn("anything", thread="t3")
            assert not any(int(track.id[1:]) % 4 == 1 for track in turn.tracks)
        assert (await agent.turn("country", user="another", thread="t4")).tracks, "bans are one listener's"
        await agent.turn("allow", thread="t1")
        assert (await agent.turn("country", thread="t2")).tracks


async def test_few_artists_may_come_more_often_than_usual_and_that_is_said(make: Make) -> None:
    others = ("Massive Attack", "Dolly Parton", "Radiohead", "Nina Simone", "Can", "Björk")
    asks = Wish(act="request", text="", count=5, filters=Filters(genres=("trip hop", "jazz"), without_artists=others))
    async with make({"few": asks}) as agent:
        turn = await agent.turn("few", thread="t1")
        assert {track.artist for track in turn.tracks} == {"Sade"}
        assert len(turn.tracks) > (Knobs().per_artist or 0)
        assert any(receipt.text.startswith("Few artists fit") for receipt in turn.receipts)


async def test_a_cap_that_was_said_is_never_lifted(make: Make) -> None:
    others = ("Massive Attack", "Dolly Parton", "Radiohead", "Nina Simone", "Can", "Björk")
    asks = Wish(
        act="request",
        text="",
        count=5,
        per_artist=1,
        filters=Filters(genres=("trip hop", "jazz"), without_artists=others),
    )
    async with make({"few": asks}) as agent:
        turn = await agent.turn("few", thread="t1")
        assert [track.artist for track in turn.tracks] == ["Sade"]
        told = [receipt.text for receipt in turn.receipts]
        assert "At most one track by one artist." in told
        assert "Only one track fits." in told


async def test_the_ban_that_keeps_a_narrower_thing_out_is_the_one_to_lift(make: Make) -> None:
    ban = {"act": "taste", "text": "", "avoid": {"artists": ("Sade",)}, "lasting": True, "command": {"name": "never"}}
    group = Wish(act="request", text="", want=Facets(artists=("Sade & The Smooth Operators",)))
    async with make({"never": Wish.model_validate(ban), "group": group}) as agent:
        await agent.turn("never", thread="t1")
        told = await agent.turn("group", thread="t1")
        assert any("never to play Sade;" in receipt.text for receipt in told.receipts)


async def test_a_banned_artist_is_told_and_the_rest_of_the_wish_is_met(make: Make) -> None:
    ban = {"act": "taste", "text": "", "avoid": {"artists": ("Sade",)}, "lasting": True, "command": {"name": "never"}}
    alone = Wish(act="request", text="", want=Facets(artists=("Sade",)), filters=Filters(artists=("Sade",)))
    both = alone.model_copy(update={"want": Facets(artists=("Sade",), genres=("jazz",))})
    async with make({"never": Wish.model_validate(ban), "Sade": alone, "jazz by Sade": both}) as agent:
        await agent.turn("never", thread="t1")
        told = await agent.turn("Sade", thread="t1")
        assert told.tracks == ()
        assert "never to play Sade" in told.text
        assert "allow Sade again" in told.text
        rest = await agent.turn("jazz by Sade", thread="t1")
        assert rest.tracks
        assert all(track.artist != "Sade" and int(track.id[1:]) % 4 == 2 for track in rest.tracks)
        assert any("allow Sade again" in receipt.text for receipt in rest.receipts)


async def test_the_last_check_holds_even_where_ranking_forgets_every_rule(make: Make, catalog: Catalog) -> None:
    asks = Wish(
        act="request", text="", count=50, filters=Filters(genres=("trip hop",), without_artists=("Massive Attack",))
    )
    careless = FakeRecommender(catalog, careless=True)
    async with make({"trip hop": asks}, recommender=careless) as agent:
        turn = await agent.turn("trip hop", thread="t1")
        assert turn.tracks
        assert all(int(track.id[1:]) % 4 == 0 and track.artist != "Massive Attack" for track in turn.tracks)
        assert (await agent.turn("trip hop", thread="t1")).tracks == (), "the careless one offers the same again"


async def test_what_is_banned_at_the_gym_is_guarded_there_and_nowhere_else(make: Make, catalog: Catalog) -> None:
    careless = FakeRecommender(catalog, careless=True)
    genre = Subject(kind="genre", value=catalog.at(0).genres[0])
    wishes = {"for the gym": Wish(act="request", text="", context="gym"), "now": Wish(act="request", text="")}
    async with make(wishes, recommender=careless, count=10) as agent:
        await agent.edit(ban("u", genre, context="gym"))

        async def offered(message: str) -> set[str]:
            turn = await agent.turn(message, user="u", thread=message)
            assert turn.tracks
            return {name for track in turn.tracks for name in agent.catalog.track(track.id).genres}

        assert genre.value in await offered("now")
        assert genre.value not in await offered("for the gym")


@pytest.fixture(scope="module")
def columns(catalog: Catalog) -> FilterColumns:
    return FilterColumns(catalog.table)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    genre=st.sampled_from(["", "trip hop", "country", "zydeco"]),
    artist=st.sampled_from(["", "Sade", "Björk"]),
    years=st.tuples(st.integers(1985, 2012), st.integers(0, 12)),
    banned=st.sets(st.sampled_from(["genre:jazz", "artist:radiohead", "mood:mellow", "track:t003"])),
    without=st.sets(st.integers(0, 65)),
    cap=st.sampled_from([1, 2, None]),
)
def test_no_track_leaves_that_a_rule_forbids(
    catalog: Catalog,
    columns: FilterColumns,
    genre: str,
    artist: str,
    years: tuple[int, int],
    banned: set[str],
    without: set[int],
    cap: int | None,
) -> None:
    subjects = [Subject.model_validate(dict(zip(("kind", "value"), key.split(":"), strict=True))) for key in banned]
    bans = [
        Ban.model_validate({"subject": s, "name": s.value, "since": "2026-01-01T00:00:00Z", "reason": "r"})
        for s in subjects
    ]
    filters = Filters(
        genres=(genre,) if genre else (),
        without_artists=(artist,) if artist else (),
        year_from=years[0],
        year_to=years[0] + years[1],
    )
    rules = Rules(filters, frozenset(without), Taste(user="u", bans=tuple(bans)), Knobs(per_artist=cap))
    found = FakeRecommender(catalog, careless=True).recommend(Situation("x"), 66).tracks
    kept = obedient(found, rules, columns)
    names = [artist_key(each.track.artist) for each in kept]
    for each in kept:
        track = each.track
        assert not genre or genre in track.genres
        assert track.artist != artist
        assert track.year is not None
        assert years[0] <= track.year <= sum(years)
        assert each.position not in without
        assert not any(
            (s.kind == "genre" and s.value in track.genres)
            or (s.kind == "artist" and artist_key(track.artist) == s.value)
            or (s.kind == "mood" and s.value in track.moods)
            or s.value == track.id
            for s in subjects
        )
    assert cap is None or all(names.count(name) <= cap for name in names)
    assert len({each.track.work_id for each in kept}) == len(kept)
