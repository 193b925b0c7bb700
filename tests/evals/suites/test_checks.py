"""Every expectation passes where it is met and fails where it is not: a check that cannot fail is none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from segue.agent.turn import Receipt, Turn
from segue.agent.wish import Command, Wish
from segue.evals.suites.checks import NOT_FOUND, Seen, Situation, always, judge
from segue.evals.suites.fake import shown
from segue.evals.suites.loader import Step
from segue.evals.suites.schema import Expect, TurnSpec
from segue.generator.track import Track
from segue.memory.events import Subject, TasteEvent
from segue.memory.profile import Taste, fold
from segue.tools.search.filters import Filters

Tracks = dict[str, Track]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def situation(catalog: Tracks, ids: str = "t1 t2", *, seen: Seen | None = None, **fields: Any) -> Situation:
    given = tuple(catalog[one] for one in ids.split())
    about: dict[str, Any] = {name: fields.pop(name) for name in ("seconds", "ranks", "taste") if name in fields}
    defaults = {"id": "i", "thread": "t", "user": "u", "number": 1, "text": "Here.", "tracks": shown(*given)}
    turn = Turn(**{**defaults, "wish": Wish(act="request", text=""), **fields})
    return Situation(**{"turn": turn, "shown": given, "seconds": 0.5, "seen": seen or Seen(), **about})


def failing(expect: dict[str, Any], judged: Situation) -> list[str]:
    wanted = Expect.model_validate(expect)
    step = Step(TurnSpec(say="", expect=wanted), wanted, 3, dict.fromkeys(expect, 7))
    checks = judge(step, judged)
    assert checks, "nothing was checked"
    assert all(check.line == 7 for check in checks)
    assert all(bool(check.detail) != check.passed for check in checks)
    return [check.name for check in checks if not check.passed]


@pytest.mark.parametrize(
    ("expect", "ids", "passes"),
    [
        ({"tracks": 2}, "t1 t2", True),
        ({"tracks": 3}, "t1 t2", False),
        ({"tracks": {"min": 1}}, "", False),
        ({"contains": {"artists": "portishead"}}, "t1 t2", True),
        ({"contains": {"artists": ["Portishead", "Nirvana"]}}, "t1 t2", False),
        ({"contains": {"genres": "rock"}}, "t6", True),  # alternative rock
        ({"contains": {"genres": "roc"}}, "t6", False),
        ({"contains": {"titles": "Jolene"}}, "t4", True),
        ({"contains": {"versions": "live"}}, "t3", False),
        ({"contains": {"versions": "live"}}, "t4", True),
        ({"only": {"years": "1990s"}}, "t1 t2", True),
        ({"only": {"years": "1990s"}}, "t1 t3", False),
        ({"only": {"years": "1990s"}}, "t1 t7", False),  # what is not known is not met
        ({"only": {"years": ["1970s", "1990s"], "vocals": "female"}}, "t1 t3", True),
        ({"only": {"genres": "trip hop"}}, "", False),
        ({"only": {"artists": "Edith Piaf", "languages": "french"}}, "t5", True),
        ({"mostly": {"genres": "trip hop", "share": 0.6}}, "t1 t2 t3", True),
        ({"mostly": {"genres": "trip hop", "share": 0.7}}, "t1 t2 t3", False),
        ({"mostly": {"genres": "trip hop"}}, "", False),
        ({"excludes": {"genres": "country"}}, "t1 t2", True),
        ({"excludes": {"genres": "country"}}, "t1 t7", False),  # country rock is country
        ({"excludes": {"genres": "country"}}, "", False),  # playing nothing is no obedience
        ({"excludes": {"genres": "country"}, "tracks": {"min": 0}}, "", True),
        ({"excludes": {"years": "-1979"}}, "t7", True),
        ({"repeats": "Glory Box"}, "t1", True),
        ({"repeats": "Glory Box"}, "t2", False),
        ({"says": "here"}, "t1", True),
        ({"says": "her"}, "t1", False),
        ({"says": "/^he.e/"}, "t1", True),
        ({"says": "/heee/"}, "t1", False),
        ({"says_any": ["nope", "here"]}, "t1", True),
        ({"says_any": ["nope", "no"]}, "t1", False),
        ({"says_not": "nope"}, "t1", True),
        ({"says_not": ["nope", "Here"]}, "t1", False),
        ({"cannot": True}, "t1", False),
        ({"asks": True}, "t1", False),
        ({"asks": False}, "t1", True),
        ({"act": ["more", "request"]}, "t1", True),
        ({"act": "more"}, "t1", False),
        ({"latency": 1}, "t1", True),
        ({"latency": 0.4}, "t1", False),
        ({"degraded": False}, "t1", True),
        ({"obeys": True}, "t1", False),  # no constraint was heard
    ],
)
def test_expectations_of_tracks_and_words(tracks: Tracks, expect: dict[str, Any], ids: str, passes: bool) -> None:
    assert (failing(expect, situation(tracks, ids)) == []) is passes


def test_obedience_is_judged_by_the_catalog(tracks: Tracks) -> None:
    def heard(ids: str, count: int | None = None, **filters: Any) -> list[str]:
        wish = Wish(act="request", text="", filters=Filters(**filters), count=count)
        return failing({"obeys": True}, situation(tracks, ids, wish=wish))

    assert heard("t1 t2", year_from=1990, genres="trip hop") == []
    assert heard("t1 t3", year_from=1990) == ["obeys"]
    assert heard("t7", year_from=1990) == ["obeys"]
    assert heard("t7", without_genres="country") == ["obeys"]
    assert heard("t1", without_genres="country", without_artists="Nirvana", vocals="female") == []
    assert heard("t4", versions="plain") == ["obeys"]
    assert heard("", genres="country") == ["obeys"]
    assert heard("t1", count=2) == ["obeys count"]
    assert heard("t1 t2", count=2) == []


def test_fewer_tracks_than_asked_for_must_be_owned_up_to(tracks: Tracks) -> None:
    wish = Wish(act="request", text="", count=2)
    told = (Receipt(kind="unmet", text="There is only one."),)
    assert failing({"obeys": True}, situation(tracks, "t1", wish=wish, receipts=told)) == []


def test_repeats_are_found_by_work_in_the_thread_or_of_the_listener(tracks: Tracks) -> None:
    seen = Seen(thread={tracks["t1"].work_id}, user={tracks["t1"].work_id, tracks["t3"].work_id})
    assert failing({"repeats_nothing": True}, situation(tracks, "t2", seen=seen)) == []
    assert failing({"repeats_nothing": True}, situation(tracks, "t1", seen=seen)) == ["repeats nothing"]
    # The live version is the same song.
    assert failing({"repeats_nothing": True}, situation(tracks, "t4", seen=seen)) == []
    assert failing({"repeats_nothing": "user"}, situation(tracks, "t4", seen=seen)) == ["repeats nothing"]
    assert failing({"repeats_nothing": True}, situation(tracks, "", seen=seen)) == ["repeats nothing"]


def test_what_cannot_be_done_stands_in_a_receipt_of_that_kind(tracks: Tracks) -> None:
    told = (Receipt(kind="missing", text="Taylor Swift is not in the catalog."), Receipt(kind="taste", text="No more."))
    judged = situation(tracks, receipts=told)
    assert failing({"cannot": True}, judged) == []
    assert failing({"cannot": "taylor swift"}, judged) == []
    assert failing({"cannot": ["Taylor Swift", "no more"]}, judged) == ["says that it cannot"]
    assert failing({"says": "no more"}, judged) == []  # receipts can be read


def test_what_was_heard(tracks: Tracks) -> None:
    wish = Wish(act="control", text="", refs=(2,), command=Command(name="never"), clarify="Which one?")
    judged = situation(tracks, wish=wish, text="Which one?")
    assert failing({"act": "control", "refs": 2, "command": "never", "asks": True}, judged) == []
    assert failing({"refs": [1, 2], "command": "undo", "asks": False}, judged) == ["command", "refs", "asks"]


def test_ranks(tracks: Tracks) -> None:
    expect = {"rank": {"tracks": "Glory Box - Portishead", "within": 3}}
    assert failing(expect, situation(tracks, ranks=(NOT_FOUND, 3))) == []
    assert failing(expect, situation(tracks, ranks=(4,))) == ["rank"]
    assert failing(expect, situation(tracks, ranks=(NOT_FOUND,))) == ["rank"]


def taste(*events: tuple[str, str, str, float]) -> Taste:
    return fold(
        [
            TasteEvent.model_validate(
                {
                    "key": f"k{number}", "user": "u", "time": NOW, "kind": event, "leaning": leaning,
                    "subject": Subject.model_validate({"kind": kind, "value": value}),
                }
            )
            for number, (event, kind, value, leaning) in enumerate(events)
        ],
        NOW,
    )  # fmt: skip


def test_taste(tracks: Tracks) -> None:
    judged = situation(
        tracks,
        taste=taste(
            ("stated", "artist", "Sade", 1), ("stated", "genre", "jazz", -1), ("banned", "genre", "country rock", 0)
        ),
    )  # fmt: skip
    good = {
        "likes": ["Sade", "artist:sade"],
        "avoids": ["jazz", "country rock"],
        "never": "genre:country rock",
        "nothing_about": "polka",
    }
    assert failing({"taste": good}, judged) == []
    for bad in (
        {"likes": "jazz"}, {"likes": "genre:sade"}, {"avoids": "sade"}, {"never": "jazz"}, {"nothing_about": "jazz"},
        {"nothing_about": "sade"}, {"nothing_about": "country"},
    ):  # fmt: skip
        assert len(failing({"taste": bad}, judged)) == 1, bad


def test_what_holds_for_every_answer(tracks: Tracks) -> None:
    def wrong(judged: Situation) -> list[str]:
        return [check.name for check in always(judged, tracks) if not check.passed]

    assert wrong(situation(tracks)) == []
    assert wrong(situation(tracks, "", text=" ")) == ["says something"]
    assert wrong(situation(tracks, "t3 t4")) == ["each track once"]
    first = shown(tracks["t1"])[0]
    for change in ({"id": "t99"}, {"title": "Dummy"}, {"artist": "Sade"}):
        assert wrong(situation(tracks, tracks=(first.model_copy(update=change),))) == ["real tracks"]
    assert wrong(situation(tracks, tracks=(first.model_copy(update={"number": 2}),))) == ["numbered"]


def test_a_degraded_answer(tracks: Tracks) -> None:
    assert failing({"degraded": False}, situation(tracks, degraded=("the generator was late",))) == ["not degraded"]
