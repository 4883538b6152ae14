"""Carries events from the outbox to the broker right after the commit, off the request's path.

The gateway answers before the broker has confirmed, and while there is no broker: what the courier
could not publish waits in the outbox for the relay.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from shared.broker import Connectable
from shared.database import Database
from shared.errors import DocreelError
from shared.events import Event
from shared.relay import relay
from shared.routes import Service

_FIRST_WAIT = 0.5  # seconds until a broker that does not answer is tried again
_LONGEST_WAIT = 10.0
_AT_HAND = 1000  # events held in memory; the relay sees to any more
_AT_ONCE = 100
_GRACE = 5.0  # seconds for the events at hand when the gateway ends

logger = structlog.get_logger()


class Courier:
    """The gateway's one connection to the broker, made and kept in the background."""

    def __init__(self, database: Database[Any], broker: Connectable) -> None:
        self._database = database
        self._broker = broker
        self._queue: asyncio.Queue[Event] = asyncio.Queue(_AT_HAND)
        self._connected = asyncio.Event()

    def hand(self, event: Event) -> None:
        """Take an event that is committed to the outbox; returns at once."""
        # A full queue means that the broker is slow or away: the outbox has the event.
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(event)

    async def ping(self) -> None:
        """Raise TransientError where the broker is not connected now."""
        await self._broker.ping()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connect, carry and relay in the background until the context ends."""
        tasks = [
            asyncio.create_task(_kept_up(work)) for work in (self._connect_and_relay, self._carry)
        ]
        try:
            yield
        finally:
            if self._connected.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._queue.join(), _GRACE)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._broker.close()

    async def _connect_and_relay(self) -> None:
        wait = _FIRST_WAIT
        while not self._connected.is_set():
            try:
                await self._broker.connect()
            except (OSError, DocreelError) as error:
                logger.warning("broker_awaited", wait=wait, reason=str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                logger.info("broker_connected")
                self._connected.set()
        # Not before: relaying without a broker would only fill the log.
        await relay(self._database, self._broker, Service.GATEWAY)

    async def _carry(self) -> None:
        while True:
            events = [await self._queue.get()]
            while len(events) < _AT_ONCE and not self._queue.empty():
                events.append(self._queue.get_nowait())
            try:
                if self._connected.is_set():
                    await self._broker.publish(events)
                    await self._database.alone.outbox.published([event.id for event in events])
            except DocreelError as error:
                logger.warning("publishing_deferred", events=len(events), reason=str(error))
            finally:
                for _ in events:
                    self._queue.task_done()


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Run background work for ever: were it to die unseen, no event would be published again."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs are still accepted
            logger.error("courier_interrupted", reason=repr(error))  # noqa: TRY400 - no trace
        await asyncio.sleep(_LONGEST_WAIT)
