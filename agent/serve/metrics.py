"""What Prometheus is told. Names no tenant and no listener: whoever may scrape may not know who listens."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.agent.turn import Turn
from segue.generator.health import Health

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The figures of one server."""

    def __init__(self, health: Callable[[], Health | None] = lambda: None) -> None:
        """Begin at nothing; `health` tells how a generator behind a server does."""
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "segue_http_requests",
            "Requests by address and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "segue_http_request_seconds",
            "Time until a request was answered to the end.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.turns = Counter("segue_turns", "Turns by the act of the message.", ("act",), registry=self._registry)
        self.degraded = Counter(
            "segue_turns_degraded", "Turns in which a part of the agent failed or ran late.", registry=self._registry
        )
        self.steps = Histogram(
            "segue_step_seconds",
            "Time spent in each step of a turn.",
            ("step",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_flight = Gauge("segue_turns_in_flight", "Turns that are answered or wait.", registry=self._registry)
        self.tracks = Gauge("segue_catalog_tracks", "Tracks in the catalog.", registry=self._registry)
        self._registry.register(_GeneratorFigures(health))

    def answered(self, turn: Turn) -> None:
        """Count a turn."""
        self.turns.labels(turn.wish.act).inc()
        if turn.degraded:
            self.degraded.inc()
        for step, seconds in turn.seconds.items():
            self.steps.labels(step).observe(seconds)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self._registry)


class _GeneratorFigures(Collector):
    """How a generator behind a server does, at the moment of scraping; nothing where it is in process."""

    def __init__(self, health: Callable[[], Health | None]) -> None:
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what is known."""
        health = self._health()
        if health is None:
            return
        told = {
            "up": ("1 where the last that was heard of the generator was an answer, else 0.", health.up),
            "breaker_open": ("1 where turns go on without the generator until it is well.", health.turned_away),
            "answered_timestamp_seconds": ("When the generator last answered.", health.answered),
            "checked_timestamp_seconds": ("When the generator was last asked for one token.", health.checked),
            "failed_timestamp_seconds": ("When the generator last failed.", health.failed),
        }
        for name, (meaning, value) in told.items():
            if value is not None:
                yield GaugeMetricFamily(f"segue_generator_{name}", meaning, value=float(value))


class Measured:
    """Counts requests and takes their time, by the pattern of their address: an id would make a label of its own."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on and measure it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # the caller has gone before the answer began
        began = perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(perf_counter() - began)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
