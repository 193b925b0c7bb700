"""What every store of taste must keep, as tests to inherit: whoever writes a store proves it in a few lines.

    class TestMine(TasteStoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[TasteStore]:
            store = MyStore(...)
            yield store
            await store.aclose()

Run by pytest with pytest-asyncio in automatic mode.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from segue.memory.errors import TasteFileInvalid
from segue.memory.events import EventKind, Subject, TasteEvent
from segue.memory.store import TasteStore

START: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE: Final = (
    "ana", "Ana", "ana ", "ana\0", "ana\n", "ana' OR '1'='1", '"; DROP TABLE events; --', "%", "_na", "../ana",
    "?", "*", "é", "e\u0301", "\u202eana", "<|im_start|>", "0", "NULL",
)  # fmt: skip
"""Ids that are all different, and that a careless store confuses or trips over."""


def event(key: str, user: str = "ana", kind: EventKind = "liked", minutes: float = 0, **fields: Any) -> TasteEvent:
    """Return an event, by default on a track by Portishead that has the key as its id."""
    fields.setdefault("subject", Subject(kind="track", value=key))
    fields.setdefault("attributes", (Subject(kind="artist", value="Portishead"),))
    return TasteEvent(key=key, user=user, time=START + timedelta(minutes=minutes), kind=kind, **fields)


class TasteStoreContract:
    """Inherit, name the class `Test...` and give it a fixture `store`."""

    async def test_an_event_that_is_delivered_again_changes_nothing(self, store: TasteStore) -> None:  # noqa: D102
        assert await store.append([event("a"), event("b", minutes=1), event("a")]) == 2
        before = await store.taste("ana")
        assert await store.append([event("b", minutes=1), event("a", kind="disliked")]) == 0
        assert await store.append([]) == 0
        assert await store.taste("ana") == before
        assert before.liked == ("a", "b")

    async def test_events_come_back_whole_and_by_time(self, store: TasteStore) -> None:  # noqa: D102
        told = event(
            "late", kind="stated", minutes=9, subject=Subject(kind="genre", value="Drum & Bass"), leaning=-0.5,
            context="at work", lasting=False, message="no drum & bass at work 🎧", thread="t1", name="drum and bass",
        )  # fmt: skip
        await store.append([told, event("early")])
        assert await store.events("ana") == (event("early"), told)

    async def test_a_taste_follows_each_event_at_once(self, store: TasteStore) -> None:  # noqa: D102
        portishead = (Subject(kind="artist", value="Portishead"),)
        assert (await store.taste("ana")).score(portishead) == 0
        seen = []
        for number in range(3):
            await store.append([event(f"k{number}", minutes=number)])
            seen.append((await store.taste("ana", START)).score(portishead))
        assert 0 < seen[0] < seen[1] < seen[2]

    async def test_a_taste_is_computed_for_the_moment_that_is_asked_for(self, store: TasteStore) -> None:  # noqa: D102
        await store.append([event("a")])
        await store.taste("ana")
        now = (await store.taste("ana", START)).leanings[0].strength
        assert (await store.taste("ana", START + timedelta(days=180))).leanings[0].strength < 0.6 * now

    async def test_listeners_never_see_each_other_whatever_their_ids(self, store: TasteStore) -> None:  # noqa: D102
        for number, user in enumerate(HOSTILE):
            # The same key for everybody: a key is one listener's own.
            assert await store.append([event("same", user, subject=Subject(kind="track", value=f"t{number}"))]) == 1
        await store.undo(HOSTILE[1])
        await store.erase(HOSTILE[2])
        for number, user in enumerate(HOSTILE):
            taste = await store.taste(user)
            assert taste.user == user
            assert taste.liked == (() if number in (1, 2) else (f"t{number}",))
            assert {each.user for each in await store.events(user)} <= {user}
        assert await store.events("nobody") == ()

    async def test_many_tasks_lose_nothing(self, store: TasteStore) -> None:  # noqa: D102
        async def listen(user: str, task: int) -> int:
            stored = 0
            for number in range(5):
                stored += await store.append([event(f"{task}-{number}", user), event(f"twice-{number}", user)])
            return stored

        users = ["ana", "ben"]
        stored = await asyncio.gather(*(listen(user, task) for user in users for task in range(20)))
        assert sum(stored) == 2 * (20 * 5 + 5)
        for user in users:
            assert len((await store.taste(user)).liked) == 20 * 5 + 5

    async def test_export_and_import_are_each_others_inverse(self, store: TasteStore) -> None:  # noqa: D102
        await store.append([event("a"), event("b", kind="banned", minutes=1, message="never that", context="gym")])
        await store.undo("ana")
        data = json.loads(json.dumps(await store.export("ana")))
        assert await store.import_("ana", data) == 0
        assert await store.import_("ben", data) == 3
        assert await store.import_("ben", data) == 0
        ours, theirs = await store.taste("ana", START), await store.taste("ben", START)
        assert theirs == ours.model_copy(update={"user": "ben"})
        await store.erase("ana")
        assert await store.import_("ana", data) == 3
        assert await store.taste("ana", START) == ours

    async def test_what_is_no_export_is_refused_whole(self, store: TasteStore) -> None:  # noqa: D102
        await store.append([event("a"), event("b")])
        good = await store.export("ana")
        bad_event = [*good["events"][:1], good["events"][1] | {"time": "yesterday"}]
        of_another = [good["events"][0], good["events"][1] | {"user": "eve"}]
        cases: list[tuple[object, str]] = [
            (None, "dict"), ([], "dict"), ({}, "format"), (good | {"format": "mp3"}, "format"),
            (good | {"version": 2}, "version 2"), (good | {"more": 1}, "more"), (good | {"events": "all"}, "events"),
            (good | {"events": bad_event}, "events 1 time"), (good | {"events": of_another}, "another listener"),
        ]  # fmt: skip
        for data, complaint in cases:
            with pytest.raises(TasteFileInvalid, match=complaint):
                await store.import_("ben", data)
        assert await store.events("ben") == ()

    async def test_undo_takes_back_change_by_change(self, store: TasteStore) -> None:  # noqa: D102
        both: dict[str, Any] = {"message": "I love jazz, and never country", "thread": "t1", "attributes": ()}
        jazz, country = Subject(kind="genre", value="jazz"), Subject(kind="genre", value="country")
        await store.append([event("a"), event("b", minutes=1)])
        empty = await store.taste("nobody", START)
        tastes = [await store.taste("ana", START)]
        await store.append([
            event("c", kind="stated", minutes=2, subject=jazz, leaning=1.0, **both),
            event("d", kind="banned", minutes=2, subject=country, **both),
            event("heard", kind="played", minutes=3, attributes=()),
        ])  # fmt: skip
        assert [each.key for each in await store.undo("ana")] == ["c", "d"]
        undone = await store.taste("ana", START)
        assert (undone.leanings, undone.bans, undone.liked) == (tastes[0].leanings, (), ("a", "b"))
        assert undone.played == ("heard",)
        assert [each.key for each in await store.undo("ana", key="turn-7")] == ["b"]
        assert [each.key for each in await store.undo("ana", key="turn-7")] == ["b"]
        assert (await store.taste("ana")).liked == ("a",)
        assert [each.key for each in await store.undo("ana")] == ["a"]
        assert await store.undo("ana") == ()
        assert (await store.taste("ana", START)).leanings == empty.leanings == ()
        with pytest.raises(ValueError, match="another event"):
            await store.undo("ana", key="a")

    async def test_many_undo_at_once_and_each_takes_back_another_change(self, store: TasteStore) -> None:  # noqa: D102
        await store.append([event(f"k{number}", minutes=number) for number in range(8)])
        undone = await asyncio.gather(*(store.undo("ana") for _ in range(6)))
        assert sorted(change[0].key for change in undone) == [f"k{number}" for number in range(2, 8)]
        assert (await store.taste("ana")).liked == ("k0", "k1")

    async def test_after_erasing_nothing_is_known(self, store: TasteStore) -> None:  # noqa: D102
        await store.append([event("a"), event("b"), event("a", "ben")])
        await store.taste("ana")
        assert await store.erase("ana") == 2
        assert await store.erase("ana") == 0
        assert await store.events("ana") == ()
        assert await store.taste("ana", START) == (await store.taste("nobody", START)).model_copy(
            update={"user": "ana"}
        )
        assert (await store.taste("ben")).liked == ("a",)
        # A log that starts anew is not mistaken for the old one, though it is as long.
        await store.append([event("c"), event("d")])
        assert (await store.taste("ana")).liked == ("c", "d")

    async def test_a_store_is_closed_as_often_as_one_likes(self, store: TasteStore) -> None:  # noqa: D102
        await store.aclose()
        await store.aclose()
