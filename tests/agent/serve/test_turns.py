import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from segue.agent.music_agent import MusicAgent
from segue.agent.serve.models import TurnAnswer

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


def test_a_turn_is_answered_with_tracks_under_the_callers_names(client: httpx.Client) -> None:
    response = client.post("/v1/turn", json={"message": "some jazz", "user": "ana", "thread": "t1"})
    assert response.status_code == 200
    answer = TurnAnswer.model_validate(response.json())
    assert (answer.user, answer.thread, answer.number, answer.message) == ("ana", "t1", 1, "some jazz")
    assert [track.number for track in answer.tracks] == [1, 2, 3, 4, 5]
    assert answer.tracks[0].modalities
    assert answer.tracks[0].reason
    assert response.headers["cache-control"] == "no-store"


def test_a_stream_tells_each_step_and_then_the_same_answer(client: httpx.Client) -> None:
    asked = {"message": "some jazz", "user": "ana", "id": "m1", "stream": True}
    with client.stream("POST", "/v1/turn", json=asked) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = events(response.read().decode())
    assert [name for name, _ in told][-1] == "turn"
    assert {data["node"] for name, data in told if name == "step"} >= {"hear", "weigh", "recommend", "reply"}
    assert [name for name, _ in told if name != "step"] == ["heard", "weights", "tracks", "said", "turn"]
    parts, whole = dict(told), told[-1][1]
    assert parts["heard"]["act"] == whole["act"]
    assert parts["weights"] == whole["weights"]
    assert parts["tracks"]["tracks"] == whole["tracks"]
    assert parts["said"]["text"] == whole["text"]
    again = client.post("/v1/turn", json={**asked, "stream": False}).json()
    assert again["text"] == told[-1][1]["text"]
    assert again["number"] == told[-1][1]["number"], "delivered twice, answered once"
    accepted = client.post("/v1/turn", json={**asked, "stream": False}, headers={"Accept": "text/event-stream"})
    assert events(accepted.text)[-1][0] == "turn"


def test_weights_of_the_listener_are_used(client: httpx.Client) -> None:
    answer = client.post("/v1/turn", json={"message": "x", "user": "ana", "weights": {"SC": 10, "ST": 1}}).json()
    assert answer["weights"]["SC"] == 10
    assert answer["weights"]["RI"] == 0
    wrong = client.post("/v1/turn", json={"message": "x", "user": "ana", "weights": {"SC": 11}})
    assert wrong.status_code == 422
    assert wrong.json()["error"]["param"] == "weights.SC"
    for no_number in (True, "7"):
        wrong = client.post("/v1/turn", json={"message": "x", "user": "ana", "weights": {"SC": no_number}})
        assert wrong.status_code == 422
        assert "SC must be a number" in wrong.json()["error"]["message"]


@pytest.mark.parametrize("personal", [True, False])
def test_a_listener_may_keep_their_history_out_of_a_turn(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, personal: bool
) -> None:
    heard: list[bool] = []
    answer, stream = MusicAgent.turn, MusicAgent.stream

    async def watched(self: MusicAgent, *args: Any, **named: Any) -> Any:
        heard.append(named["personal"])
        return await answer(self, *args, **named)

    def streamed(self: MusicAgent, *args: Any, **named: Any) -> Any:
        heard.append(named["personal"])
        return stream(self, *args, **named)

    monkeypatch.setattr(MusicAgent, "turn", watched)
    monkeypatch.setattr(MusicAgent, "stream", streamed)
    asked = {"message": "some jazz", "user": "ana", "personal": personal}
    assert client.post("/v1/turn", json=asked).status_code == 200
    assert client.post("/v1/turn", json={**asked, "stream": True}).status_code == 200
    chat = {"model": "segue", "messages": [{"role": "user", "content": "jazz"}], "segue": {"personal": personal}}
    assert client.post("/v1/chat/completions", json=chat).status_code == 200
    assert client.post("/v1/chat/completions", json={**chat, "stream": True}).status_code == 200
    assert heard == [personal] * 4


def test_feedback_history_and_playlist_belong_to_the_thread(client: httpx.Client) -> None:
    first = client.post("/v1/turn", json={"message": "jazz", "user": "ana", "thread": "t1"}).json()
    said = {"user": "ana", "thread": "t1", "track": first["tracks"][1]["id"], "kind": "disliked", "id": "f1"}
    assert first["tracks"][1]["title"] in client.post("/v1/feedback", json=said).json()["text"]
    client.post("/v1/feedback", json=said)
    taste = client.get("/v1/taste", params={"user": "ana"}).json()
    assert taste["taste"]["disliked"] == [said["track"]]
    turns = client.get("/v1/threads/t1/turns", params={"user": "ana"}).json()["turns"]
    assert [turn["message"] for turn in turns] == ["jazz"]
    assert turns[0]["thread"] == "t1"
    playlist = client.get("/v1/threads/t1/playlist.m3u", params={"user": "ana"})
    assert playlist.headers["content-type"].startswith("audio/x-mpegurl")
    assert playlist.text.count("#EXTINF") == 5
    assert client.get("/v1/threads/t1/playlist.m3u", params={"user": "ben"}).status_code == 404
    assert client.delete("/v1/threads/t1", params={"user": "ana"}).status_code == 204
    assert client.get("/v1/threads/t1/turns", params={"user": "ana"}).json()["turns"] == []


def test_feedback_on_no_track_says_so(client: httpx.Client) -> None:
    response = client.post("/v1/feedback", json={"user": "ana", "track": "nope", "kind": "liked"})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "track_not_found"


def test_an_error_in_the_middle_of_a_stream_is_told_in_it(make_app: MakeApp, run: Run) -> None:
    class Broken:
        def hear(self, message: str, thread: object) -> None:
            raise RuntimeError("secret path /etc/x")

    with run(make_app({"hearer": Broken()})) as address:
        response = httpx.post(f"{address}/v1/turn", json={"message": "x", "user": "ana", "stream": True})
        plain = httpx.post(f"{address}/v1/turn", json={"message": "x", "user": "ana"})
    assert "secret" not in response.text + plain.text
    name, data = events(response.text)[-1]
    if name == "turn":
        assert data["degraded"], "a broken part is told"
    else:
        assert (name, data["error"]["code"]) == ("error", "internal_error")
        assert plain.status_code == 500
