import asyncio
from collections.abc import Sequence

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from segue.agent.wish import Wish
from segue.evals.simulator.chat_listener import ChatListener
from segue.evals.simulator.errors import LeakFound
from segue.evals.simulator.goal import Goal, Trait, goal_of
from segue.evals.simulator.leak import LeakGuard
from segue.evals.simulator.listener import Heard, RuleListener, Said, sayable, unwish, wish
from segue.evals.simulator.persona import PERSONAS, Persona
from segue.evals.simulator.session import Session, obedience, talk
from segue.evals.simulator.simulate import cast, figures, simulate
from segue.evals.suites.fake import ScriptedAgent, shown
from segue.generator.errors import QueryError
from segue.generator.track import Track

COUNTRY = Trait(kind="genres", value="country")
FRANK = Persona(name="p", about="a test", unwanted=(COUNTRY,), opening=1)
LATE = FRANK.model_copy(update={"frank": False, "patience": 9})


def song(number: int, genre: str, year: int, vocals: str = "female") -> Track:
    return Track.model_validate(
        {
            "id": f"t{number}", "title": f"Qwxz{number}", "artists": [f"Vbnm{number}"], "genres": [genre],
            "released": str(year), "vocals": vocals, "language": "English", "moods": ["calm"],
        }
    )  # fmt: skip


TRACKS = {
    track.id: track
    for track in (
        song(1, "trip hop", 1994), song(2, "trip hop", 2004), song(3, "country", 1994), song(4, "opera", 1904, "male"),
        song(5, "trip hop", 1998),
    )
}  # fmt: skip
TARGET = TRACKS["t1"]


def goal(persona: Persona = FRANK) -> Goal:
    found = goal_of(TARGET, persona.unwanted, LeakGuard(TARGET))
    assert found is not None
    return found


class Listening:
    """Says what it is told to say, in order."""

    def __init__(self, *said: Said | None) -> None:
        self.said = list(said)
        self.heard: list[Sequence[Heard]] = []

    async def speak(self, answer: str, asked: bool, tracks: Sequence[Heard]) -> Said | None:
        self.heard.append(tracks)
        return self.said.pop(0)


def held(listener: Listening, script: dict[str, object], turns: int = 8) -> Session:
    agent = ScriptedAgent(script)
    return asyncio.run(talk(agent, listener, TARGET, goal(), TRACKS, persona="p", turns=turns, user="u"))


def test_scores_by_hand() -> None:
    genre, years, *_ = goal().wanted
    listener = Listening(
        Said("one", "open", (genre,)), Said("two", "add", (years,), (COUNTRY,)), Said("three", "more"), None
    )
    asking = Wish(act="request", text="", clarify="Which?")
    script = {
        "one": {"tracks": shown(TRACKS["t2"], TRACKS["t3"])},
        "two": {"tracks": shown(TRACKS["t2"], TRACKS["t3"], TRACKS["t5"]), "wish": asking},
        "three": {},
    }
    session = held(listener, script)
    first, second, third = session.turns
    # Goal: genre, decade, voice, mood, language. t2 lacks the decade; t3 is country, and matches nothing.
    assert first.satisfaction == pytest.approx((0.8 + 0) / 2)
    assert first.obedience is None  # nothing firm was asked for
    # t2 comes again and is worth nothing now; t5 is all that was wanted.
    assert second.satisfaction == pytest.approx((0 + 0 + 1) / 3)
    # Years hold for t3 and t5, "no country" for t2 and t5.
    assert second.obedience == pytest.approx(4 / 6)
    assert (second.asked, third.asked) == (True, False)
    assert (third.satisfaction, third.obedience) == (0, None)
    assert session.elicitation == pytest.approx(2 / 5)
    assert (session.found, session.left) == (None, True)
    # Of eight turns three were held; after that the listener was gone.
    assert session.satisfaction == pytest.approx((0.4 + 1 / 3 + 0) / 8)
    assert [heard.match for heard in listener.heard[1]] == [0.8, 0]
    assert listener.heard[1][1].unwanted == (COUNTRY,)


def test_a_session_ends_when_the_hidden_track_is_played() -> None:
    listener = Listening(Said("one", "open"), Said("two", "add"), Said("never", "add"))
    session = held(listener, {"one": {}, "two": {"tracks": shown(TARGET)}})
    assert (session.found, len(session.turns), session.left) == (2, 2, False)
    # The first turn had nothing, the second had all, and the other six would have.
    assert session.satisfaction == 7 / 8


def test_a_listener_who_names_the_track_is_stopped() -> None:
    with pytest.raises(LeakFound):
        held(Listening(Said("play qwxz1", "open")), {})


def test_obedience_takes_any_value_of_a_kind_and_every_ban() -> None:
    years = {Trait(kind="years", value="1990-1999"), Trait(kind="years", value="2000-2009")}
    both = [TRACKS["t1"], TRACKS["t2"]]
    assert obedience(both, years, set()) == 1
    assert obedience([TRACKS["t4"]], years, set()) == 0
    assert obedience([TRACKS["t3"]], years, {COUNTRY}) == 0.5
    assert obedience(both, {COUNTRY}, set()) is None
    assert obedience([], years, {COUNTRY}) is None


def spoken(listener: RuleListener, *answers: Sequence[Heard], asked: bool = False) -> list[Said | None]:
    async def all_of_them() -> list[Said | None]:
        said = [await listener.speak("", False, ())]
        return said + [await listener.speak("Here.", asked, tracks) for tracks in answers]

    return asyncio.run(all_of_them())


def heard(number: int, match: float, *unwanted: Trait) -> Heard:
    return Heard(number, match, (), unwanted)


def test_a_frank_listener_rules_out_at_once_and_a_late_one_when_it_hears_some() -> None:
    (first,) = spoken(RuleListener(goal(), FRANK, 1))
    assert first is not None
    assert first.text.endswith("trip hop, no country")
    assert first.ruled_out == (COUNTRY,)
    opening, complaint, after = spoken(RuleListener(goal(), LATE, 1), [heard(1, 0, COUNTRY)], [heard(1, 0, COUNTRY)])
    assert opening is not None
    assert opening.ruled_out == ()
    assert complaint == Said("no country, please", "rule out", (), (COUNTRY,))
    assert after is not None
    assert after.intent == "add"  # once is enough


def test_it_points_at_what_it_likes_and_adds_what_is_lacking() -> None:
    _, more, add = spoken(RuleListener(goal(), FRANK, 1), [heard(1, 0.2), heard(2, 0.9)], [heard(1, 0.6)])
    assert more is not None
    assert more.intent == "more"
    assert "number 2" in more.text
    assert add is not None
    assert add.stated == (goal().wanted[1],)
    assert "from the 1990s" in add.text


def test_it_answers_what_it_is_asked() -> None:
    _, answer = spoken(RuleListener(goal(), FRANK, 1), [heard(1, 0.9)], asked=True)
    assert answer is not None
    assert (answer.intent, answer.stated) == ("answer", (goal().wanted[1],))


def test_it_leaves_when_nothing_suits_for_long() -> None:
    bad = [heard(1, 0.1)]
    assert spoken(RuleListener(goal(), FRANK, 1), bad, bad, bad)[-1] is None
    assert spoken(RuleListener(goal(), FRANK, 1), bad, [heard(1, 0.6)], bad)[-1] is not None


def test_the_same_seed_says_the_same() -> None:
    answers = [[heard(1, 0.9)]] * 4
    assert spoken(RuleListener(goal(), FRANK, 7), *answers) == spoken(RuleListener(goal(), FRANK, 7), *answers)
    others = {str(spoken(RuleListener(goal(), FRANK, seed), *answers)) for seed in range(8)}
    assert len(others) > 1


def test_phrases() -> None:
    traits = [
        Trait(kind="moods", value="sad"), Trait(kind="genres", value="jazz"), Trait(kind="years", value="1960-1969"),
        Trait(kind="vocals", value="instrumental"), Trait(kind="instruments", value="oboe"),
        Trait(kind="themes", value="rain"), Trait(kind="languages", value="French"),
    ]  # fmt: skip
    assert wish(traits) == "sad jazz from the 1960s without vocals in French with oboe about rain"
    assert wish(traits[3:4]) == "music without vocals"
    assert [wish(traits[3:5], noun=""), wish(traits[:1], noun="")] == ["without vocals with oboe", "sad"]
    assert [unwish(trait) for trait in (COUNTRY, traits[2], Trait(kind="vocals", value="male"))] == [
        "no country", "nothing from before 1970", "no male vocals",
    ]  # fmt: skip


def test_a_chat_model_that_names_the_track_is_asked_again_and_then_stopped() -> None:
    guard = LeakGuard(TARGET)
    model = FakeListChatModel(responses=["Qwxz1 please", "some trip hop", "no country from the 1990s", "STOP."])
    listener = ChatListener(model, goal(), FRANK, guard)

    async def say() -> list[Said | None]:
        return [await listener.speak("", False, ()) for _ in range(3)]

    first, second, end = asyncio.run(say())
    assert first is not None
    assert (first.text, first.stated, listener.leaks) == ("some trip hop", goal().wanted[:1], 1)
    assert second is not None
    assert (second.stated, second.ruled_out) == (goal().wanted[1:2], (COUNTRY,))
    assert end is None
    hopeless = ChatListener(FakeListChatModel(responses=["Qwxz1"]), goal(), FRANK, guard)
    with pytest.raises(LeakFound):
        asyncio.run(hopeless.speak("", False, ()))


def test_a_chat_model_is_never_told_the_track() -> None:
    listener = ChatListener(FakeListChatModel(responses=["hi"]), goal(), FRANK, LeakGuard(TARGET))
    assert LeakGuard(TARGET).leak(str(listener._messages[0].content)) is None


def test_a_cast_is_drawn_by_its_seed_and_never_leaks() -> None:
    parts = cast(TRACKS, 5, seed=1, common=1)
    assert parts == cast(TRACKS, 5, seed=1, common=1)
    assert [part.persona for part in parts] == list(PERSONAS[:5])
    for part in parts:
        assert not any(map(LeakGuard(part.target).leak, sayable(part.goal)))
    with pytest.raises(QueryError, match="only 5 tracks"):
        cast(TRACKS, 6, seed=1, common=1)
    # What few tracks have would be as good as a name: opera is not spoken of, what all share is.
    shared = cast(TRACKS, 4, seed=1, common=3)
    spoken_of = {trait.value for part in shared for trait in part.goal.wanted}
    assert spoken_of == {"trip hop", "1990-1999", "female", "calm", "English"}
    # A track called "More" cannot be looked for: politeness would name it.
    more = TARGET.model_copy(update={"title": "More"})
    with pytest.raises(QueryError, match="only 0 tracks"):
        cast({"t1": more}, 1, seed=1, common=1)


def test_a_simulation_counts_what_leaked_and_sums_up_the_rest() -> None:
    parts = cast(TRACKS, 4, seed=3, common=1)

    class Obliging(ScriptedAgent):
        async def turn(self, message: str, *, user: str, thread: str):  # type: ignore[no-untyped-def]
            self.script = {message: {"tracks": shown(*TRACKS.values())}}
            return await super().turn(message, user=user, thread=thread)

    def make(goal: Goal, persona: Persona, guard: LeakGuard, seed: int) -> Listening | RuleListener:
        if seed == parts[0].seed:
            return Listening(Said(parts[0].target.title, "open"))
        return RuleListener(goal, persona, seed)

    found = asyncio.run(simulate(Obliging({}), TRACKS, parts, make=make, at_once=2))
    summed = figures(found)
    assert (len(found.sessions), summed["leaked"], summed["found"], summed["turns"]) == (3, 1, 1, 1)
    assert figures(found._replace(sessions=(), leaked=4)) == {"leaked": 4}
