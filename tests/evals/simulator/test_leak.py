import pytest

from segue.evals.simulator.errors import LeakFound
from segue.evals.simulator.goal import Trait, goal_of
from segue.evals.simulator.leak import LeakGuard
from segue.generator.track import Track

TRACK = Track.model_validate(
    {
        "id": "t1", "title": "Glory Box (Live)", "artists": [{"name": "Portishead", "associated": ["Beth Gibbons"]}],
        "album": "Dummy", "released": "1994", "genres": ["trip hop", "portishead-like"], "moods": ["smoky", "box"],
        "vocals": "female", "language": "English", "credits": [{"name": "Geoff Barrow", "role": "producer"}],
    }
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "play Glory Box", "glory box!", "the GLORY-BOX one", "something by Portishead", "portisheadish",
        "from the album dummy", "with Beth Gibbons", "produced by geoff barrow", "that gibbons voice",
    ],
)  # fmt: skip
def test_what_names_the_track_is_a_leak(text: str) -> None:
    with pytest.raises(LeakFound, match="names what is to be found"):
        LeakGuard(TRACK).check(text)


@pytest.mark.parametrize("text", ["some trip hop", "glorious, in a box", "a dumm idea", "by the port", "jeff's music"])
def test_what_does_not_name_it_is_none(text: str) -> None:
    assert LeakGuard(TRACK).check(text) == text


def test_a_goal_holds_nothing_that_names_the_track() -> None:
    goal = goal_of(
        TRACK, [Trait(kind="genres", value="country"), Trait(kind="vocals", value="female")], LeakGuard(TRACK)
    )
    assert goal is not None
    assert [(trait.kind, trait.value) for trait in goal.wanted] == [
        ("genres", "trip hop"), ("years", "1990-1999"), ("vocals", "female"), ("moods", "smoky"), ("moods", "box"),
        ("languages", "English"),
    ]  # fmt: skip
    # Nobody is after what they rule out.
    assert [trait.value for trait in goal.unwanted] == ["country"]
    assert goal.match(TRACK) == 1
    assert goal.match(TRACK.model_copy(update={"vocals": "male"})) == pytest.approx(5 / 6)
    assert goal.match(TRACK.model_copy(update={"genres": ("country", "trip hop")})) == 0


def test_a_track_of_which_too_little_is_known_makes_no_goal() -> None:
    bare = Track.model_validate({"id": "t", "title": "A", "artists": ["B"], "genres": ["jazz"], "released": "1960"})
    assert goal_of(bare, [], LeakGuard(bare)) is None
