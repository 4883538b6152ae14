"""Traces: one a job, from the HTTP request through every event to the engine's call.

Events carry the trace in `traceparent` (W3C Trace Context). Where OTEL_EXPORTER_OTLP_ENDPOINT is
not set nothing is traced, and OpenTelemetry's packages need not be there.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Protocol

from shared.events import Event
from shared.routes import Service

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

Attributes = Mapping[str, str | int]


class Tracer(Protocol):
    """What records spans."""

    def span(
        self, name: str, parent: str | None, attributes: Attributes, *, kind: str
    ) -> AbstractContextManager[str]:
        """Record a span until the context ends; yield its traceparent.

        `parent` is the traceparent of what caused it: "" begins a trace, none goes on with the
        span that is open here. `kind` is server, consumer or client.
        """

    def current(self) -> str:
        """Return the traceparent of the span that is open here, "" where there is none."""

    def close(self) -> None:
        """Send what is recorded and not sent yet."""


class NoTracer:
    """Records nothing, and passes on what it was given."""

    def span(
        self, name: str, parent: str | None, attributes: Attributes, *, kind: str
    ) -> AbstractContextManager[str]:
        """See `Tracer.span`."""
        del name, attributes, kind
        return nullcontext(parent or "")

    def current(self) -> str:
        """See `Tracer.current`."""
        return ""

    def close(self) -> None:
        """See `Tracer.close`."""


_NONE = NoTracer()
# As structlog's configuration: a process's own. By service, since a process can hold all of them.
_tracers: dict[Service, Tracer] = {}


def _of(service: Service) -> Tracer:
    return _tracers.get(service, _NONE)


@contextmanager
def running(service: Service) -> Iterator[None]:
    """Trace `service` in this process until the context ends, where the environment asks for it."""
    if not os.environ.get(_ENDPOINT):
        yield
        return
    # Here, since only who traces has the packages.
    from shared.opentelemetry import OpenTelemetry  # noqa: PLC0415

    _tracers[service] = OpenTelemetry(service)
    try:
        yield
    finally:
        _tracers.pop(service).close()


def request(name: str, traceparent: str) -> AbstractContextManager[str]:
    """Record a request that the gateway serves."""
    return _of(Service.GATEWAY).span(name, traceparent, {}, kind="server")


def current() -> str:
    """Return the traceparent for an event that the gateway makes here."""
    return _of(Service.GATEWAY).current()


@contextmanager
def handling(service: Service, event: Event) -> Iterator[Event]:
    """Record the handling of an event; yield the event as that which follows it shall see it."""
    with _of(service).span(
        f"{service} {event.kind}", event.traceparent, _attributes(event), kind="consumer"
    ) as traceparent:
        same = traceparent == event.traceparent
        yield event if same else event.model_copy(update={"traceparent": traceparent})


@contextmanager
def batch(service: Service, events: Sequence[Event]) -> Iterator[list[Event]]:
    """Record the handling of many events at a time, each in its own trace."""
    with ExitStack() as spans:
        yield [spans.enter_context(handling(service, event)) for event in events]


def calling(service: Service, engine: str, event: Event, unit: str) -> AbstractContextManager[str]:
    """Record a call of an engine, within the handling that is open here."""
    attributes = {**_attributes(event), "docreel.unit": unit, "gen_ai.system": engine}
    return _of(service).span(f"{service} calls {engine}", None, attributes, kind="client")


def _attributes(event: Event) -> dict[str, str | int]:
    return {
        "docreel.job_id": str(event.job_id),
        "docreel.unit": event.unit,
        "docreel.epoch": event.epoch,
        "messaging.system": "rabbitmq",
        "messaging.message.id": str(event.id),
    }
