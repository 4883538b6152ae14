"""The one table of which event goes where, and every broker name that follows from it.

Exchanges, queues, bindings, RabbitMQ's definitions and the AsyncAPI document are all derived from
`ROUTES`; nothing else in Docreel spells an event's type or a queue's name.
"""

from dataclasses import dataclass
from enum import StrEnum

import pydantic

from shared import events
from shared.errors import UndecodableEventError

EVENTS_EXCHANGE = "video.events"
RETRY_EXCHANGE = "video.retry"
UNROUTED = "video.unrouted"  # the alternate exchange, and the queue behind it

# The delay ladder, in seconds: one queue a rung, since RabbitMQ expires only a queue's head.
RUNGS = {"1s": 1, "10s": 10, "1m": 60, "10m": 600}


class Service(StrEnum):
    """Docreel's services, as they appear in queue names and connection names."""

    GATEWAY = "gateway"
    TRANSCRIBER = "transcriber"
    DOCGEN = "docgen"
    TRANSLATOR = "translator"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Route:
    """One event type: its model, who publishes it and who acts on it.

    The progress service listens to every event and is not named again in `consumers`.
    """

    model: type[events.Event]
    publishers: tuple[Service, ...]
    consumers: tuple[Service, ...] = ()


_WORKERS = (Service.TRANSCRIBER, Service.DOCGEN, Service.TRANSLATOR)

ROUTES: dict[str, Route] = {
    route.model.kind: route
    for route in (
        Route(events.VideoProcess, (Service.GATEWAY,), (Service.TRANSCRIBER,)),
        Route(events.JobCancel, (Service.GATEWAY,)),
        Route(events.TranscriptionPlanned, (Service.TRANSCRIBER,)),
        Route(events.TranscriptionRequested, (Service.TRANSCRIBER,), (Service.TRANSCRIBER,)),
        Route(events.TranscriptionCompleted, (Service.TRANSCRIBER,)),
        Route(
            events.VideoTranscribed,
            (Service.TRANSCRIBER,),
            (Service.DOCGEN, Service.TRANSLATOR),
        ),
        Route(events.DocsOutlined, (Service.DOCGEN,)),
        Route(events.ArticleRequested, (Service.DOCGEN,), (Service.DOCGEN,)),
        Route(events.ArticleWritten, (Service.DOCGEN,), (Service.TRANSLATOR,)),
        Route(events.DocsGenerated, (Service.DOCGEN,)),
        Route(events.TranslationRequested, (Service.TRANSLATOR,), (Service.TRANSLATOR,)),
        Route(events.TranslationCompleted, (Service.TRANSLATOR,)),
        Route(events.UnitStarted, _WORKERS),
        Route(events.UnitProgressed, _WORKERS),
        Route(events.UnitWaiting, _WORKERS),
        Route(events.UnitFailed, _WORKERS),
        Route(events.JobCompleted, (Service.PROGRESS,)),
        Route(events.JobFailed, (Service.PROGRESS,)),
        Route(events.JobCancelled, (Service.PROGRESS,)),
    )
}

CONSUMERS = (*_WORKERS, Service.PROGRESS)


def work_queue(service: Service) -> str:
    """Return the queue that all replicas of `service` share."""
    return f"{service}.work"


def dead_queue(service: Service) -> str:
    """Return the queue of what `service` could not decode or gave up on."""
    return f"{service}.dead"


def retry_queue(service: Service, rung: str) -> str:
    """Return the queue in which a message waits for `rung` before `service` sees it again."""
    return f"{service}.retry.{rung}"


def rung_for(delay: float) -> str:
    """Return the shortest rung that is at least `delay` seconds, or the longest there is."""
    return next((rung for rung, seconds in RUNGS.items() if seconds >= delay), "10m")


def bindings(service: Service) -> tuple[str, ...]:
    """Return the routing keys that bring events into the work queue of `service`."""
    if service is Service.PROGRESS:
        return ("#",)
    return tuple(kind for kind, route in ROUTES.items() if service in route.consumers)


def encode(event: events.Event) -> bytes:
    """Return the message body of an event: JSON in UTF-8."""
    return event.model_dump_json().encode()


def decode(kind: str | None, body: bytes) -> events.Event:
    """Read an event of type `kind` from a message body.

    Raises:
        UndecodableEventError: the type is unknown, or the body is not an event of that type.
    """
    route = ROUTES.get(kind or "")
    if route is None:
        message = f"unknown event type {kind!r}; known: {', '.join(ROUTES)}"
        raise UndecodableEventError(message)
    try:
        return route.model.model_validate_json(body)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        message = f"not a {kind} event: {where}: {first['msg']}"
        raise UndecodableEventError(message) from error
