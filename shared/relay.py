"""Publishes what a crash left in the outbox, for ever."""

import asyncio
from typing import Any

import structlog

from shared.broker import Broker
from shared.database import Database
from shared.errors import DocreelError
from shared.metrics import RELAYED
from shared.routes import Service

_BATCH = 200  # events that one relay takes at a time
_EVERY = 5.0  # seconds between two looks; also how long the fast path has before the relay helps

log = structlog.get_logger()


async def relay_once(
    database: Database[Any], broker: Broker, service: Service, age: float = _EVERY
) -> int:
    """Publish the service's events that are unpublished for `age` seconds; return how many.

    The rows stay locked until the broker has confirmed, so that a second relay passes them over.
    """
    async with database.transaction() as work:
        events = await work.outbox.unpublished(service, age, _BATCH)
        if events:
            await broker.publish(events)
            await work.outbox.published([event.id for event in events])
            RELAYED.labels(service.value).inc(len(events))
        return len(events)


async def relay(database: Database[Any], broker: Broker, service: Service) -> None:
    """Relay for ever. A lost broker or database is waited for, not died of."""
    RELAYED.labels(service.value)  # none yet is a number to show, too
    while True:
        try:
            while await relay_once(database, broker, service) == _BATCH:
                pass
        except DocreelError as error:
            log.warning("relay_interrupted", service=service.value, reason=str(error))
        await asyncio.sleep(_EVERY)
