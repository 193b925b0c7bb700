"""Loading, health, figures, the description of the interface, and what becomes of errors."""

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.agent.serve.app import create_app
from segue.agent.serve.keys import KeyRing
from segue.generator.errors import SettingsError, UserError

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]


def test_the_server_answers_while_the_agent_is_loaded(make_app: MakeApp) -> None:
    loading = threading.Event()
    ready = make_app()
    load = ready.state.service._load

    def slowly() -> Any:
        assert loading.wait(20)
        return load()

    with TestClient(create_app(slowly), base_url="http://localhost") as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        waiting = client.get("/readyz")
        turn = client.post("/v1/turn", json={"message": "x", "user": "ana"})
        loading.set()
        for _ in range(400):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.02)
        assert client.get("/readyz").json() == {"status": "ready", "tracks": 66, "generator": None}
    assert [waiting.status_code, turn.status_code] == [503, 503]
    assert turn.json()["error"]["code"] == "loading"
    assert int(turn.headers["retry-after"]) >= 1


def test_an_agent_that_cannot_be_loaded_is_told_and_hides_its_reason_from_strangers() -> None:
    failures: list[Exception] = []

    def load() -> Any:
        raise UserError("no catalog in /srv/secret")

    with TestClient(create_app(load, failed=failures.append), base_url="http://localhost") as client:
        for _ in range(400):
            if failures:
                break
            time.sleep(0.01)
        response = client.get("/readyz")
    assert response.status_code == 503
    assert "secret" not in response.text
    assert str(failures[0]) == "no catalog in /srv/secret"


def test_figures_count_what_was_done(client: httpx.Client) -> None:
    client.post("/v1/turn", json={"message": "x", "user": "ana"})
    client.get("/v1/tracks/t001")
    client.get("/v1/tracks/t002")
    client.get("/nowhere")
    figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'segue_turns_total{act="request"} 1.0' in figures.text
    assert 'segue_http_requests_total{method="GET",route="/v1/tracks/{id:path}",status="200"} 2.0' in figures.text
    assert 'route="none",status="404"' in figures.text
    assert 'segue_step_seconds_count{step="hear"} 1.0' in figures.text
    assert "segue_catalog_tracks 66.0" in figures.text
    assert "ana" not in figures.text


def test_a_turn_is_a_span_where_tracing_is_set_up(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr("segue.agent.serve.flight.trace.get_tracer", provider.get_tracer)
    for stream in (False, True):
        client.post("/v1/turn", json={"message": "something secret", "user": "ana", "stream": stream})
    spans = exported.get_finished_spans()
    assert [span.name for span in spans] == ["segue.turn"] * 2
    for span in spans:
        assert span.attributes is not None
        assert span.attributes["segue.tracks"] == 5
        assert span.attributes["segue.act"] == "request"
        assert "segue.seconds.recommend" in span.attributes
        assert "secret" not in span.to_json()


def test_tracks_are_found_by_words_and_by_id(client: httpx.Client) -> None:
    track = client.get("/v1/tracks/t001").json()
    assert (track["title"], track["artists"][0]["name"]) == ("Song number 1", "Dolly Parton")
    missing = client.get("/v1/tracks/a/b/c")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "track_not_found")
    found = client.get("/v1/tracks", params={"q": "Song number 7", "k": 3}).json()
    assert found["hits"][0]["track"]["title"] == "Song number 7"
    assert len(found["hits"]) == 3
    assert client.get("/v1/tracks", params={"q": "  "}).status_code == 400
    assert client.get("/v1/tracks", params={"q": "x", "k": 1_000}).json()["error"]["param"] == "k"


def test_taste_is_changed_in_order_and_taken_back(client: httpx.Client) -> None:
    changes = [
        {"change": "like", "name": "jazz"},
        {"change": "never", "name": "Dolly Parton"},
        {"change": "dislike", "name": "rock", "leaning": -1, "context": "work"},
        {"change": "never", "track": "t003"},
    ]
    edited = client.patch("/v1/taste", json={"user": "ana", "changes": changes}).json()
    assert len(edited["receipts"]) == 4
    assert edited["receipts"][1] == "I'll never play Dolly Parton again."
    kinds = {(ban["subject"]["kind"], ban["name"]) for ban in edited["taste"]["bans"]}
    assert kinds == {("artist", "Dolly Parton"), ("work", "Song number 3 by Radiohead")}
    shown = client.get("/v1/taste", params={"user": "ana"}).json()
    assert {leaning["name"]: leaning["context"] for leaning in shown["taste"]["leanings"]}["rock"] == "work"
    undone = client.patch("/v1/taste", json={"user": "ana", "changes": [{"change": "undo"}]}).json()
    assert [ban["name"] for ban in undone["taste"]["bans"]] == ["Dolly Parton"]
    subject = edited["taste"]["bans"][1]["subject"]
    lifted = {"change": "allow", "name": "whatever", "kind": subject["kind"], "value": subject["value"]}
    client.patch("/v1/taste", json={"user": "ana", "changes": [changes[3], lifted]})
    kept = client.patch("/v1/taste", json={"user": "ana", "changes": [{"change": "forget", "name": "jazz"}]}).json()
    assert [ban["name"] for ban in kept["taste"]["bans"]] == ["Dolly Parton"]
    assert "jazz" not in {leaning["name"] for leaning in kept["taste"]["leanings"]}
    offered = client.post("/v1/turn", json={"message": "anything", "user": "ana"}).json()["tracks"]
    assert "Dolly Parton" not in {track["artist"] for track in offered}


@pytest.mark.parametrize(
    "change",
    [
        {"change": "like"},
        {"change": "undo", "name": "jazz"},
        {"change": "like", "name": "jazz", "track": "t001"},
        {"change": "like", "name": "jazz", "leaning": -0.5},
        {"change": "never", "name": "jazz", "leaning": -0.5},
        {"change": "love", "name": "jazz"},
        {"change": "like", "name": "\ud800"},
        {"change": "like", "name": "  "},
        {"change": "like", "name": "jazz", "context": " "},
    ],
)
def test_changes_that_mean_nothing_are_refused(client: httpx.Client, change: dict[str, Any]) -> None:
    body = json.dumps({"user": "ana", "changes": [change]})
    response = client.patch("/v1/taste", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text
    assert response.json()["error"]["message"]


def test_no_name_can_break_the_server(client: httpx.Client) -> None:
    for user in ("a\x00b", "\n", "", "x" * 97):
        assert client.post("/v1/turn", json={"message": "x", "user": user}).status_code == 422
    for body in (b'{"message": "\\ud800", "user": "ana"}', b"{", b"[]", b'{"message": 1e999, "user": "ana"}', b"\xff"):
        response = client.post("/v1/turn", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422)
        assert set(response.json()) == {"error"}
    hostile = "'; DROP TABLE events; -- <script>é日本"
    assert client.post("/v1/turn", json={"message": hostile, "user": hostile}).json()["user"] == hostile


def test_errors_nobody_planned_are_numbered_and_keep_their_secrets(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    with TestClient(app, base_url="http://localhost") as client:
        for _ in range(400):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.02)

        async def broken(user: str) -> None:
            raise RuntimeError("password is hunter2")

        app.state.service.agent.taste = broken
        response = client.get("/v1/taste", params={"user": "ana"})
    assert response.status_code == 500
    assert "hunter2" not in response.text
    number = re.search(r"[0-9a-f]{12}", response.json()["error"]["message"])
    assert number is not None
    assert number[0] in caplog.text
    assert "hunter2" in caplog.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_what_there_is_not_is_told_as_json(client: httpx.Client) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/v1/turn", 405), ("GET", "/docs", 404)):
        response = client.request(method, path)
        assert response.status_code == status
        assert path in response.json()["error"]["message"]
    assert client.put("/v1/taste").headers["allow"] == "DELETE, GET, PATCH"


def test_openapi_tells_the_truth(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) >= {"/v1/turn", "/v1/chat/completions", "/v1/taste", "/v1/tracks/{id}", "/readyz"}
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    schemas = described["components"]["schemas"]
    assert "HTTPValidationError" not in schemas, "errors are described as they are"
    turn = described["paths"]["/v1/turn"]["post"]["responses"]
    assert set(turn["200"]["content"]) == {"application/json", "text/event-stream"}
    assert {"413", "422", "429", "500", "503"} <= set(turn)
    error = turn["422"]["content"]["application/json"]["schema"]["$ref"]
    assert error.endswith("/ErrorBody")
    assert "401" not in turn
    assert "securitySchemes" not in described["components"]


def test_openapi_of_a_server_with_keys_says_how_to_send_them(make_app: MakeApp, keys: KeyRing) -> None:
    described = make_app(keys=keys).openapi()
    assert set(described["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyHeader"}
    turn = described["paths"]["/v1/turn"]["post"]
    assert "401" in turn["responses"]
    assert turn["security"]
    assert "security" not in described["paths"]["/healthz"]["get"]


def test_the_command_refuses_what_would_let_strangers_in() -> None:
    runner = CliRunner()
    result = runner.invoke(build_app(), ["serve", "--host", "0.0.0.0"])
    assert isinstance(result.exception, UserError)
    assert "--keys" in str(result.exception)
    result = runner.invoke(build_app(), ["serve", "--cors", "example.org"])
    assert "no origin" in str(result.exception)
    assert not isinstance(result.exception, SettingsError)
