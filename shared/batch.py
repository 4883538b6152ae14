"""The worker runtime for events that cost nothing each, but a transaction: many at a time.

Everything that has arrived while the last batch was written is the next batch. A batch that fails
is taken apart, so that one bad event does not hold up the others. What fails by itself climbs the
ladder, and is buried after its last attempt; whoever handles it is told, so that nobody waits for
what it would have brought about.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

import structlog

from shared import metrics, tracing
from shared.broker import Broker, Delivery
from shared.database import patiently
from shared.errors import TransientError, UndecodableEventError, sentence
from shared.events import Event
from shared.routes import Service, decode
from shared.worker import LONGEST_WAIT, Confirmed, contained, ladder, move, publish

# Events in, the events that follow out, in one transaction. Safe to run twice.
BatchHandler = Callable[[Sequence[Event]], Awaitable[Sequence[Event]]]


@runtime_checkable
class GivesUp(Protocol):
    """A batch handler that does something about an event which it could not handle."""

    async def give_up(self, event: Event, reason: str) -> Sequence[Event]:
        """Note that an event is lost for good; return the events that follow. Safe to run twice."""


_Item = tuple[Delivery, Event]

log = structlog.get_logger()


class BatchWorker:
    """Runs one service's batch handler; at most `prefetch` events are in one batch."""

    def __init__(  # noqa: PLR0913 - what a runtime is told
        self,
        service: Service,
        broker: Broker,
        handler: BatchHandler,
        *,
        prefetch: int = 100,
        confirmed: Confirmed | None = None,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._service = service
        self._broker = broker
        self._handler = handler
        self._prefetch = prefetch
        self._confirmed = confirmed
        self._longest_wait = longest_wait
        self._arrived: asyncio.Queue[Delivery] = asyncio.Queue()
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to take messages."""
        self._writing = asyncio.create_task(self._write())
        await self._broker.consume(self._service, self._prefetch, self._arrived.put_nowait)

    async def drain(self, grace: float) -> None:
        """Take no more messages and give those in hand `grace` seconds to be written."""
        await self._broker.stop_consuming()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._arrived.join()
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    async def _write(self) -> None:
        while True:
            batch = [await self._arrived.get()]
            while not self._arrived.empty() and len(batch) < self._prefetch:
                batch.append(self._arrived.get_nowait())
            try:
                with metrics.IN_FLIGHT.labels(self._service.value).track_inprogress():
                    await self._deal_with(batch)
            except Exception:
                log.exception("batch_not_ended", size=len(batch))  # and the next one is taken
            finally:
                for _ in batch:
                    self._arrived.task_done()

    async def _deal_with(self, batch: Sequence[Delivery]) -> None:
        items: list[_Item] = []
        for delivery in batch:
            try:
                items.append((delivery, decode(delivery.message.kind, delivery.message.body)))
            except UndecodableEventError as error:
                log.warning("message_buried", reason=str(error))
                await self._end(partial(delivery.bury, str(error)))
                metrics.DELIVERIES.labels(self._service.value, "undecodable", "buried").inc()
        if not items:
            return
        failure = await self._handled(items)
        if failure is None:
            return
        if len(items) == 1:
            await self._fail(items[0], failure)
            return
        for item in items:
            failure = await self._handled([item])
            if failure is not None:
                await self._fail(item, failure)

    async def _handled(self, items: Sequence[_Item]) -> Exception | None:
        """Handle events in one transaction; return why they could not be, none if they were."""
        with tracing.batch(self._service, [event for _, event in items]) as events:
            try:
                following = await contained(patiently(lambda: self._handler(events)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the ladder deals with it
                return error
            await publish(self._broker, following)
        await asyncio.gather(*(self._end(delivery.ack) for delivery, _ in items))
        for _, event in items:
            metrics.DELIVERIES.labels(self._service.value, event.kind, "done").inc()
        await self._confirm(following)
        return None

    async def _confirm(self, following: Sequence[Event]) -> None:
        if self._confirmed is not None and following:
            await self._confirmed(following)

    @staticmethod
    async def _end(action: Callable[[], Awaitable[None]]) -> None:
        """End one delivery; of a batch, some may be of a connection that is gone by now."""
        try:
            await move(action)
        except TransientError as error:
            log.warning("delivery_not_ended", reason=str(error))  # it is delivered again

    async def _fail(self, item: _Item, error: Exception) -> None:
        delivery, event = item
        log.error("event_failed", event_type=event.kind, job_id=str(event.job_id), exc_info=error)
        attempt = delivery.message.attempt
        delay = ladder(attempt, self._longest_wait)
        if delay is None:
            await self._give_up(event, sentence(error))
            await self._end(partial(delivery.bury, f"gave up after {attempt}: {sentence(error)}"))
        else:
            await self._end(partial(delivery.retry, delay, attempt=attempt + 1))
        outcome = "buried" if delay is None else "retried"
        metrics.DELIVERIES.labels(self._service.value, event.kind, outcome).inc()

    async def _give_up(self, event: Event, reason: str) -> None:
        """Let the handler know. No unit.failed: it would have to digest its own failure."""
        handler = self._handler
        if not isinstance(handler, GivesUp):
            return
        try:
            following = await contained(patiently(lambda: handler.give_up(event, reason)))
        except Exception:
            log.exception("giving_up_failed", event_type=event.kind, job_id=str(event.job_id))
        else:
            await publish(self._broker, following)
            await self._confirm(following)
