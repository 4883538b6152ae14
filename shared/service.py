"""The frame of every worker process: adapters, worker, relay, health, and a clean end."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import uuid4

import structlog
import uvloop

from shared import health, log, storage, tracing
from shared.amqp import RabbitMQ
from shared.batch import BatchHandler, BatchWorker
from shared.broker import Broker, Connectable
from shared.confirmed import ConfirmedEvents
from shared.database import Database
from shared.events import Event
from shared.gate import Gate
from shared.postgres.database import PostgresDatabase
from shared.postgres.gate import PostgresGate
from shared.postgres.pool import pool
from shared.postgres.statements import Statements
from shared.relay import relay
from shared.room import Room
from shared.routes import Service
from shared.settings import ServiceSettings
from shared.storage import Storage
from shared.units import Units
from shared.worker import Confirmed, Handler, Worker

S = TypeVar("S", bound=ServiceSettings)
R = TypeVar("R")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)

_FIRST_WAIT = 0.5  # seconds until a broker that does not answer is tried again
_LONGEST_WAIT = 10.0

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts(Generic[S, R]):
    """What a service builds its handler from."""

    database: Database[R]
    units: Units[R]
    storage: Storage
    settings: S
    gate: Gate


# An event, or many, in; the events that follow out.
Handling = Callable[[E], Awaitable[Sequence[Event]]]


class Runtime(Protocol[E_co]):
    """Builds what runs a handler: `shared.worker.Worker` or `shared.batch.BatchWorker`."""

    def __call__(  # noqa: PLR0913 - what a runtime is told
        self,
        service: Service,
        broker: Broker,
        handler: Handling[E_co],
        *,
        prefetch: int,
        confirmed: Confirmed | None,
        longest_wait: float,
    ) -> "Running":
        """Return a runtime that is not started yet."""


class Running(Protocol):
    """A runtime's start and end."""

    async def start(self) -> None:
        """Begin to take messages."""

    async def drain(self, grace: float) -> None:
        """Take no more, and give what is in hand `grace` seconds."""


@dataclass(frozen=True, slots=True)
class Frame(Generic[S, R, E]):
    """A service as a whole, but for the broker that it runs on.

    `rows` binds its own rows to what runs statements. `build` enters with what the handler needs
    open (a process pool, say), and yields the handler.
    """

    service: Service
    settings: S
    rows: Callable[[Statements], R]
    build: Callable[[Parts[S, R]], AbstractAsyncContextManager[Handling[E]]]
    runtime: Runtime[E]


def worker(
    service: Service,
    settings: S,
    rows: Callable[[Statements], R],
    build: Callable[[Parts[S, R]], AbstractAsyncContextManager[Handler]],
) -> Frame[S, R, Event]:
    """Return the frame of a service whose handler takes one event at a time."""
    return Frame(service, settings, rows, build, Worker)


def batch_worker(
    service: Service,
    settings: S,
    rows: Callable[[Statements], R],
    build: Callable[[Parts[S, R]], AbstractAsyncContextManager[BatchHandler]],
) -> Frame[S, R, Sequence[Event]]:
    """Return the frame of a service whose handler takes many events at a time."""
    return Frame(service, settings, rows, build, BatchWorker)


def run(frame: Frame[S, R, E]) -> None:
    """Run a worker until SIGTERM or SIGINT; then take no more, end what is in hand, and leave."""
    uvloop.run(_alone(frame))


async def _alone(frame: Frame[S, R, E]) -> None:
    log.configure()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(frame, RabbitMQ(frame.settings.amqp_url, frame.service), stop)


async def serve(
    frame: Frame[S, R, E], broker: Connectable, stop: asyncio.Event, room: Room | None = None
) -> None:
    """Run a worker on `broker` until `stop` is set, then drain it.

    Services that share a process share a `room`: what kills one of them kills them all.
    """
    with tracing.running(frame.service):
        await _traced(frame, broker, stop, room or Room())


async def _traced(
    frame: Frame[S, R, E], broker: Connectable, stop: asyncio.Event, room: Room
) -> None:
    settings = frame.settings
    structlog.contextvars.bind_contextvars(service=frame.service.value)
    # A connection for each message in hand, and one each for heartbeats and the relay.
    size = min(settings.side_by_side, 20) + 2
    async with (
        pool(
            settings.database_url, size=size, pooler=settings.pooler, role=settings.database_role
        ) as connections,
        storage.opened(settings) as stored,
    ):
        if await _connected(broker, stop):
            gate = PostgresGate(
                Statements(connections),
                settings.gemini_requests_per_minute,
                settings.gemini_tokens_per_minute,
            )
            database = PostgresDatabase(connections, frame.rows)
            await _serve(frame, database, gate, stored, broker, stop, room)


async def _serve(  # noqa: PLR0913, PLR0917 - what a service is made of
    frame: Frame[S, R, E],
    database: Database[R],
    gate: Gate,
    stored: Storage,
    broker: Connectable,
    stop: asyncio.Event,
    room: Room,
) -> None:
    service, settings = frame.service, frame.settings
    # Host and process tell an operator where it runs; a container's next start has both again.
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    units = Units(
        database,
        service,
        owner,
        settings.lease_seconds,
        broker,
        room,
        settings.retry_longest_seconds,
    )
    parts = Parts(database, units, stored, settings, gate)
    checks = health.Checks({"database": database.ping, "broker": broker.ping})
    confirmed = ConfirmedEvents(database)
    async with frame.build(parts) as handler:
        running = frame.runtime(
            service,
            broker,
            handler,
            prefetch=settings.side_by_side,
            confirmed=confirmed,
            longest_wait=settings.retry_longest_seconds,
        )
        aside = [
            asyncio.create_task(stop.wait()),
            asyncio.create_task(relay(database, broker, service)),
            asyncio.create_task(health.serve(checks, settings.health_port, settings.health_host)),
        ]
        await running.start()
        logger.info("service_ready", owner=owner)
        # Only the first of them ends by itself. Without its relay a service would go on, and
        # quietly lose what this is for: then it had better end, and be started again.
        ended, others = await asyncio.wait(aside, return_when=asyncio.FIRST_COMPLETED)
        logger.info("service_draining")
        await running.drain(settings.grace_seconds)
        await confirmed.flush()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await broker.close()
        for task in ended:
            task.result()


async def _connected(broker: Connectable, stop: asyncio.Event) -> bool:
    """Wait for the broker; false when told to stop meanwhile."""
    wait = _FIRST_WAIT
    while not stop.is_set():
        try:
            await broker.connect()
        except OSError as error:
            logger.warning("broker_awaited", wait=wait, reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        else:
            return True
    return False
