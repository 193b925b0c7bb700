"""OpenAI's own client talks to the server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, cast

import httpx
import openai
import pytest
from fastapi import FastAPI
from openai.types.chat import ChatCompletionMessageParam

from segue.agent.serve.conversations import Conversations
from segue.agent.serve.keys import KeyRing
from segue.agent.serve.openai import ChatMessage

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


@pytest.fixture
def asking(server: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server}/v1", api_key="none needed", max_retries=0) as client:
        yield client


def said(*texts: str) -> list[ChatCompletionMessageParam]:
    """Return a conversation of the listener and the agent in turn."""
    roles = ("user", "assistant")
    return cast(
        "list[ChatCompletionMessageParam]", [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]
    )


def extension(answer: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", answer.model_extra["segue"])


def test_an_answer_names_its_tracks_for_clients_that_know_nothing_of_us(asking: openai.OpenAI) -> None:
    answer = asking.chat.completions.create(model="segue", messages=said("some jazz"), user="ana", temperature=0.3)
    text = answer.choices[0].message.content or ""
    assert answer.choices[0].finish_reason == "stop"
    turn = extension(answer)
    assert len(turn["tracks"]) == 5
    for track in turn["tracks"]:
        assert f"{track['number']}. {track['title']} – {track['artist']}" in text
        assert track["reason"] in text
    assert turn["receipts"] is not None
    assert [model.id for model in asking.models.list()] == ["segue"]


def test_a_stream_adds_up_to_the_answer(asking: openai.OpenAI) -> None:
    chunks = list(asking.chat.completions.create(model="segue", messages=said("some jazz"), user="ana", stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    turn = extension(chunks[-1])
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len([chunk for chunk in chunks if chunk.choices[0].delta.content]) > 5
    assert text.startswith(turn["text"])
    assert all(track["title"] in text for track in turn["tracks"])


def test_a_conversation_is_recognised_by_its_messages(asking: openai.OpenAI) -> None:
    create = asking.chat.completions.create
    first = create(model="segue", messages=said("some jazz"), user="ana")
    one = first.choices[0].message.content or ""
    second = create(model="segue", messages=said("some jazz", one, "more"), user="ana")
    turns = [extension(first), extension(second)]
    assert [turn["number"] for turn in turns] == [1, 2]
    assert turns[0]["thread"] == turns[1]["thread"]
    shown = [{track["id"] for track in turn["tracks"]} for turn in turns]
    assert not shown[0] & shown[1], "what was shown is not offered again"
    other = create(model="segue", messages=said("some jazz", one, "more"), user="ben")
    assert extension(other)["thread"] != turns[0]["thread"], "nobody goes on with the conversation of another"
    again = create(model="segue", messages=said("some jazz", one, "something else"), user="ana")
    assert extension(again)["thread"] != turns[0]["thread"], "the thread has gone on: this is a branch of it"
    assert any("Read again" in each["text"] for each in extension(again)["receipts"])
    assert extension(again)["number"] == 2


def test_a_named_thread_needs_only_the_last_message(asking: openai.OpenAI) -> None:
    for number in (1, 2):
        body = {"segue": {"thread": "t1", "weights": {"SC": 7}}}
        answer = asking.chat.completions.create(model="segue", messages=said("x"), user="ana", extra_body=body)
        assert extension(answer)["number"] == number
        assert extension(answer)["thread"] == "t1"
        assert extension(answer)["weights"]["SC"] == 7


def test_taste_is_learnt_of_named_listeners_only(asking: openai.OpenAI, client: httpx.Client) -> None:
    asking.chat.completions.create(model="segue", messages=said("never play country"), user="ana")
    asking.chat.completions.create(model="segue", messages=said("never play country"))
    nobody = asking.chat.completions.create(model="segue", messages=said("anything"))
    assert "country" in client.get("/v1/taste", params={"user": "ana"}).json()["text"]
    assert extension(nobody)["user"] == f"nobody {extension(nobody)['thread']}"
    assert client.get("/v1/taste", params={"user": extension(nobody)["user"]}).json()["taste"]["bans"] == []


def test_parts_of_text_are_read_and_pictures_refused(asking: openai.OpenAI) -> None:
    parts = cast("Any", [{"type": "text", "text": "some"}, {"type": "text", "text": "jazz"}])
    answer = asking.chat.completions.create(model="segue", messages=[{"role": "user", "content": parts}])
    assert extension(answer)["message"] == "some\njazz"
    picture = cast("Any", [{"type": "image_url", "image_url": {"url": "data:,"}}])
    with pytest.raises(openai.BadRequestError, match="only text"):
        asking.chat.completions.create(model="segue", messages=[{"role": "user", "content": picture}])


def test_what_there_is_not_is_refused_in_the_clients_own_terms(asking: openai.OpenAI) -> None:
    create = asking.chat.completions.create
    with pytest.raises(openai.NotFoundError, match="no model but"):
        create(model="gpt-5", messages=said("x"))
    with pytest.raises(openai.BadRequestError, match="n must be 1"):
        create(model="segue", messages=said("x"), n=2)
    with pytest.raises(openai.BadRequestError, match="last message"):
        create(model="segue", messages=said("x", "y"))
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        create(model="segue", messages=said("x"), extra_body={"segue": {"thraed": "t1"}})
    assert raised.value.param == "segue.thraed"


def test_keys_are_the_clients_own(make_app: MakeApp, run: Run, keys: KeyRing) -> None:
    with run(make_app(keys=keys)) as address:
        stranger = openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0)
        with stranger, pytest.raises(openai.AuthenticationError, match="not known"):
            stranger.chat.completions.create(model="segue", messages=said("x"))
        with openai.OpenAI(base_url=f"{address}/v1", api_key="acme-key-0123456789") as client:
            assert client.chat.completions.create(model="segue", messages=said("x")).choices


def test_conversations_are_told_apart_by_everything_that_was_said() -> None:
    def messages(*texts: str) -> list[ChatMessage]:
        return [ChatMessage(role=("user", "assistant")[n % 2], content=text) for n, text in enumerate(texts)]

    known = Conversations()
    first = known.place("ana", messages("hi"))
    assert first.reread == ()
    assert known.place("ana", messages("hi")).thread != first.thread, "two conversations may begin alike"
    known.remember("ana", messages("hi"), "hello", first.thread)
    assert known.place("ana", messages("hi", " hello\n", "more")).thread == first.thread
    edited = known.place("ana", messages("hi!", "hello", "more"))
    assert edited.thread != first.thread
    assert edited.reread == ("hi!",)
    long = [f"m{n}" for n in range(41)]
    assert known.place("ana", messages(*long)).reread == tuple(f"m{n}" for n in range(24, 40, 2))
