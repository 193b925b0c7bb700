"""A message that leaves it all to us: what counts as one, and whose taste answers it."""

from collections.abc import Callable

import pytest

from segue.agent.fake import FakeRecommender
from segue.agent.music_agent import MusicAgent
from segue.agent.open_wish import is_open
from segue.agent.wish import Facets, Wish

OPEN = ["play me something", "Surprise me!", "I'd like 5 good songs, please", "what should I listen to tonight?", ""]
SAYS = ["play me something slow", "surprise me with Sade", "музыку для бега", "songs for my dentist"]


@pytest.mark.parametrize("text", OPEN)
def test_open(text: str) -> None:
    assert is_open(Wish(act="request", text=text))


@pytest.mark.parametrize("text", SAYS)
def test_not_open(text: str) -> None:
    assert not is_open(Wish(act="request", text=text))


def test_what_was_heard_closes_a_wish_and_small_talk_is_none() -> None:
    assert not is_open(Wish(act="request", text="play me something", want=Facets(genres=("soul",))))
    assert not is_open(Wish(act="request", text="play me something", like=("Sade",)))
    assert not is_open(Wish(act="chat", text="hello"))


async def test_an_open_request_goes_by_what_the_listener_loves(make: Callable[..., MusicAgent]) -> None:
    love = Wish(act="taste", text="i love soul", lasting=True, want=Facets(genres=("soul",)))
    wishes = {"i love soul": love, "play me something": Wish(act="request", text="play me something")}
    async with make(wishes) as agent:
        recommender = agent.parts.recommender
        assert isinstance(recommender, FakeRecommender)
        stranger = await agent.turn("play me something", user="bob", thread="1")
        assert recommender.situations[-1].message == "play me something"
        await agent.turn("i love soul", user="ana", thread="2")
        known = await agent.turn("play me something", user="ana", thread="3")
        assert recommender.situations[-1].message == "soul"
        said = "You left it open: I went by your liking for soul."
        assert said in [receipt.text for receipt in known.receipts]
        assert said not in [receipt.text for receipt in stranger.receipts]
        await agent.turn("play me something", user="ana", thread="4", personal=False)
        assert recommender.situations[-1].message == "play me something"
        await agent.turn("play me something", user="ana", thread="3")
        assert recommender.situations[-1].message == "play me something", "a thread has a subject of its own"
