"""A turn in flight, as those who run the server see it: figures for Prometheus, a span for OpenTelemetry.

Spans go nowhere unless a tracer provider is set up (`opentelemetry-instrument segue serve ...` does that); like the
figures they name no listener and hold no word of what was said.
"""

from typing import Final, Self

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from segue.agent.serve.metrics import Metrics
from segue.agent.turn import Turn

_TRACER: Final = "segue.serve"


class Flight:
    """Counts and traces one turn; a context manager around the answering."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        # Never made current: an answer that is streamed begins in one context and may end in another.
        self._span = trace.get_tracer(_TRACER).start_span("segue.turn")

    def answered(self, turn: Turn) -> None:
        """Note what became of the turn."""
        self._metrics.answered(turn)
        self._span.set_attributes(
            {"segue.act": turn.wish.act, "segue.tracks": len(turn.tracks), "segue.degraded": bool(turn.degraded)}
        )
        for step, seconds in turn.seconds.items():
            self._span.set_attribute(f"segue.seconds.{step}", seconds)

    def failed(self, kind: type[BaseException]) -> None:
        """Note that the turn was not answered."""
        self._span.set_status(Status(StatusCode.ERROR, kind.__name__))

    def __enter__(self) -> Self:
        self._metrics.in_flight.inc()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_: object) -> None:
        self._metrics.in_flight.dec()
        if kind is not None:
            self.failed(kind)
        self._span.end()
