"""The frame of every worker process: adapters, worker, relay, health, and a clean end."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import asyncpg
import structlog

from shared import health, log, postgres, storage
from shared.amqp import RabbitMQ
from shared.batch import BatchHandler, BatchWorker
from shared.broker import Broker, Connectable
from shared.outbox import relay
from shared.routes import Service
from shared.settings import ServiceSettings
from shared.storage import Storage
from shared.units import Units
from shared.worker import Confirmed, Handler, Worker

S = TypeVar("S", bound=ServiceSettings)
H = TypeVar("H")
H_contra = TypeVar("H_contra", contravariant=True)

_FIRST_WAIT = 0.5  # seconds until a broker that does not answer is tried again
_LONGEST_WAIT = 10.0

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts(Generic[S]):
    """What a service builds its handler from."""

    pool: asyncpg.Pool
    units: Units
    storage: Storage
    settings: S


class Runtime(Protocol[H_contra]):
    """Builds what runs a handler: `shared.worker.Worker` or `shared.batch.BatchWorker`."""

    def __call__(
        self,
        service: Service,
        broker: Broker,
        handler: H_contra,
        *,
        prefetch: int,
        confirmed: Confirmed | None,
    ) -> "Running":
        """Return a runtime that is not started yet."""


class Running(Protocol):
    """A runtime's start and end."""

    async def start(self) -> None:
        """Begin to take messages."""

    async def drain(self, grace: float) -> None:
        """Take no more, and give what is in hand `grace` seconds."""


# Enters with what the handler needs open (a process pool, say), and yields the handler.
Build = Callable[[Parts[S]], AbstractAsyncContextManager[H]]


def run(service: Service, settings: S, build: Build[S, Handler]) -> None:
    """Run a worker until SIGTERM or SIGINT; then take no more, end what is in hand, and leave."""
    asyncio.run(_alone(service, settings, build, Worker))


def run_batches(service: Service, settings: S, build: Build[S, BatchHandler]) -> None:
    """Do as `run` does for a handler that takes many events at a time."""
    asyncio.run(_alone(service, settings, build, BatchWorker))


async def _alone(service: Service, settings: S, build: Build[S, H], runtime: Runtime[H]) -> None:
    log.configure()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = RabbitMQ(settings.amqp_url, service)
    await serve(settings, build, runtime, broker, stop)


async def serve(
    settings: S, build: Build[S, H], runtime: Runtime[H], broker: Connectable, stop: asyncio.Event
) -> None:
    """Run a worker on `broker` until `stop` is set, then drain it."""
    service = broker.service
    structlog.contextvars.bind_contextvars(service=service.value)
    # A connection for each message in hand, and one each for heartbeats and the relay.
    size = min(settings.side_by_side, 20) + 2
    async with (
        postgres.pool(settings.database_url, size=size, pooler=settings.pooler) as pool,
        storage.opened(settings) as stored,
    ):
        if not await _connected(broker, stop):
            return
        owner = f"{socket.gethostname()}:{os.getpid()}"
        units = Units(pool, service, owner, settings.lease_seconds, broker)
        parts = Parts(pool, units, stored, settings)
        pings = {"database": lambda: pool.fetchval("select 1"), "broker": broker.ping}
        async with build(parts) as handler:
            worker = runtime(
                service,
                broker,
                handler,
                prefetch=settings.side_by_side,
                confirmed=units.confirmed,
            )
            aside = [
                asyncio.create_task(stop.wait()),
                asyncio.create_task(relay(pool, broker, service)),
                asyncio.create_task(
                    health.serve(pings, settings.health_port, settings.health_host)
                ),
            ]
            await worker.start()
            logger.info("service_ready", owner=owner)
            # Only the first of them ends by itself. Without its relay a service would go on, and
            # quietly lose what this is for: then it had better end, and be started again.
            ended, others = await asyncio.wait(aside, return_when=asyncio.FIRST_COMPLETED)
            logger.info("service_draining")
            await worker.drain(settings.grace_seconds)
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
