import pytest

from segue.memory import fresh
from segue.memory.contract import START, event
from segue.memory.fresh import Fresh, Kept, taste_of


def test_those_who_were_not_read_for_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "LISTENERS", 3)
    monkeypatch.setattr(fresh, "EVENTS", 10)
    kept = Fresh()

    def who() -> set[str]:
        return {user for user in "abcdef" if user in kept._kept}

    for user in "abc":
        kept.put(user, Kept((1, 1), [event("k", user)]))
    kept.get("a")
    kept.put("d", Kept((1, 1), [event("k", "d")]))
    assert who() == {"a", "c", "d"}
    kept.put("a", Kept((8, 8), [event(f"k{number}", "a") for number in range(8)]))
    assert who() == {"a", "c", "d"}
    kept.put("e", Kept((20, 20), [event(f"k{number}", "e") for number in range(20)]))
    assert who() == {"e"}
    kept.drop("e")
    kept.drop("e")
    for user in "abc":
        kept.put(user, Kept((3, 3), [event(f"k{number}", user) for number in range(3)]))
    assert who() == {"a", "b", "c"}


def test_a_taste_is_computed_once_for_a_while() -> None:
    kept = Kept((1, 1), [event("a", attributes=())])
    first = taste_of("ana", kept, None)
    assert taste_of("ana", kept, None) is first
    assert kept.computed is not None
    kept.computed -= fresh.AGE
    assert taste_of("ana", kept, None) is not first
    assert taste_of("ana", kept, START).liked == first.liked
