"""Who may ask, for whom, and how much."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from segue.agent.serve.hosts import bare
from segue.agent.serve.keys import KeyRing, KeysInvalid
from segue.agent.serve.limits import RateLimit
from segue.agent.serve.problems import Problem
from segue.agent.serve.scope import Scope

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]
ACME = {"Authorization": "Bearer acme-key-0123456789"}
BETA = {"X-API-Key": "beta-key-0123456789"}


@pytest.fixture
def client(make_app: MakeApp, run: Run, keys: KeyRing) -> Iterator[httpx.Client]:
    with run(make_app(keys=keys, hosts=())) as address, httpx.Client(base_url=address) as made:
        yield made


def test_ana_of_one_tenant_is_not_ana_of_another(client: httpx.Client) -> None:
    asked = {"message": "never play country", "user": "ana", "thread": "t1"}
    assert client.post("/v1/turn", json=asked, headers=ACME).status_code == 200
    ana = {"user": "ana"}
    assert [ban["name"] for ban in client.get("/v1/taste", params=ana, headers=ACME).json()["taste"]["bans"]]
    assert client.get("/v1/taste", params=ana, headers=BETA).json()["taste"]["bans"] == []
    assert client.get("/v1/taste/export", params=ana, headers=BETA).json()["events"] == []
    assert client.get("/v1/threads/t1/turns", params=ana, headers=BETA).json()["turns"] == []
    offered = client.post("/v1/turn", json={**asked, "message": "x"}, headers=BETA).json()
    assert offered["number"] == 1, "the thread of that name is another"
    assert client.delete("/v1/taste", params=ana, headers=BETA).json() == {"events": 0, "threads": 1}
    export = client.get("/v1/taste/export", params=ana, headers=ACME).json()
    assert export["user"] == "ana"
    assert {(event["user"], event["thread"]) for event in export["events"]} == {("ana", "t1")}
    assert "acme" not in str(export)
    erased = client.delete("/v1/taste", params=ana, headers=ACME).json()
    assert erased["events"] >= 1
    assert erased["threads"] == 1
    assert client.get("/v1/taste", params=ana, headers=ACME).json()["taste"]["bans"] == []


def test_names_cannot_be_joined_to_those_of_another() -> None:
    tenants, names = ("a", "a.b"), ("x", "x:y", "1:x", "b:x", "x:1:y", "é")
    users = [(tenant, name) for tenant in tenants for name in names]
    assert len({Scope(*user).user for user in users}) == len(users)
    threads = [(user, thread) for user in users for thread in names]
    joined = {Scope(*user).thread(thread) for user, thread in threads}
    assert len(joined) == len(threads)
    assert all(Scope(*user).bare(Scope(*user).thread(thread)) == thread for user, thread in threads)


def test_without_a_key_nothing_is_told(client: httpx.Client) -> None:
    for headers in ({}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic YTpi"}, {"X-API-Key": "é" * 20}):
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        for method, path in (
            ("GET", "/v1/taste?user=ana"),
            ("GET", "/v1/tracks/t001"),
            ("DELETE", "/v1/taste?user=ana"),
        ):
            response = client.request(method, path, headers=encoded)
            assert response.status_code == 401
            assert response.json()["error"]["type"] == "authentication_error"
    assert client.get("/healthz").status_code == 200
    assert "acme" not in client.get("/metrics").text


def test_a_body_that_is_too_large_is_refused_however_it_is_sent(make_app: MakeApp, run: Run) -> None:
    with run(make_app(body=1_000)) as address:
        large = b'{"message": "' + b"x" * 2_000 + b'", "user": "ana"}'
        headers = {"Content-Type": "application/json"}
        declared = httpx.post(f"{address}/v1/turn", content=large, headers=headers)
        chunked = httpx.post(f"{address}/v1/turn", content=iter([large[:900], large[900:]]), headers=headers)
        fits = httpx.post(f"{address}/v1/turn", json={"message": "x" * 500, "user": "ana"})
    for response in (declared, chunked):
        assert response.status_code == 413
        assert "1,000 bytes" in response.json()["error"]["message"]
    assert fits.status_code == 200


def test_too_many_requests_of_one_tenant_do_not_slow_another(make_app: MakeApp, run: Run, keys: KeyRing) -> None:
    with run(make_app(keys=keys, rate=8, hosts=())) as address:
        statuses = [httpx.get(f"{address}/v1/models", headers=ACME).status_code for _ in range(4)]
        refused = httpx.get(f"{address}/v1/models", headers=ACME)
        other = httpx.get(f"{address}/v1/models", headers=BETA)
    assert statuses == [200, 200, 429, 429]
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert 1 <= int(refused.headers["retry-after"]) <= 8
    assert other.status_code == 200


def test_a_bucket_fills_up_steadily() -> None:
    now = 0.0
    limit = RateLimit(60, clock=lambda: now)
    for _ in range(15):
        limit.take("a")
    with pytest.raises(Problem) as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "1"}
    now = 2.0
    limit.take("a")
    limit.take("a")
    with pytest.raises(Problem):
        limit.take("a")
    limit.take("b")


def test_turns_that_would_wait_too_long_are_refused_at_once(make_app: MakeApp, run: Run) -> None:
    with run(make_app(turns=0)) as address:
        response = httpx.post(f"{address}/v1/turn", json={"message": "x", "user": "ana"})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "overloaded"
    assert response.headers["retry-after"] == "1"


def test_pages_from_elsewhere_are_kept_out_unless_they_are_let_in(make_app: MakeApp, run: Run) -> None:
    page = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    with run(make_app()) as address:
        assert "access-control-allow-origin" not in httpx.options(f"{address}/v1/turn", headers=page).headers
        rebound = httpx.get(f"{address}/v1/taste", params={"user": "ana"}, headers={"Host": "evil.example"})
        simple = httpx.post(
            f"{address}/v1/turn", content=b'{"message": "x", "user": "ana"}', headers={"Content-Type": "text/plain"}
        )
    assert rebound.status_code == 421
    assert simple.status_code == 422, "what a form could send from anywhere is not taken for JSON"
    with run(make_app(origins=("https://shop.example",))) as address:
        allowed = httpx.options(f"{address}/v1/turn", headers={**page, "Origin": "https://shop.example"})
        foreign = httpx.options(f"{address}/v1/turn", headers=page)
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8080", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("LocalHost", "localhost"), ("", "")],
)
def test_a_host_without_its_port(host: str, name: str) -> None:
    assert bare(host) == name


def test_keys_may_be_written_as_hashes(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    hashed = hashlib.sha256(b"a-long-enough-key").hexdigest()
    file.write_text(f"# who may come\nacme sha256:{hashed} rate=6\nbeta another-long-key  # theirs\n")
    ring = KeyRing.read(file)
    acme = ring.tenant("a-long-enough-key")
    assert acme is not None
    assert (acme.name, acme.rate) == ("acme", 6)
    assert ring.tenant("another-long-key") is not None
    assert ring.tenant(f"sha256:{hashed}") is None, "the hash is no key"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acme short", "16 characters"),
        ("acme", "write TENANT KEY"),
        ("a:b 0123456789abcdef", "a tenant has"),
        ("local 0123456789abcdef", "without keys"),
        ("acme 0123456789abcdef speed=3", "rate=N"),
        ("acme sha256:XYZ0123456789", "64 hexadecimal"),
        ("acme 0123456789abcdef\nbeta 0123456789abcdef", "line 2: this key is in the file already"),
        ("# nobody", "has no key"),
    ],
)
def test_a_file_of_keys_that_cannot_be_right_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(KeysInvalid, match=said) as refused:
        KeyRing.read(file)
    assert "0123456789" not in str(refused.value).replace(str(tmp_path), ""), "a message gives no key away"
