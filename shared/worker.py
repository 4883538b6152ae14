"""The worker runtime: the only place that acks.

A message arrives and is decoded; what cannot be is buried with its reason. The work runs in a task
that no lost connection cancels. When it ends, what follows is published with confirms, and only
then is the message acked; a failure in passing goes through the delay ladder.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from shared import metrics, tracing
from shared.broker import Broker, Delivery
from shared.errors import (
    DocreelError,
    RateLimitedError,
    TransientError,
    UndecodableEventError,
    UnroutableError,
)
from shared.events import Event, UnitFailed
from shared.routes import Service, decode

# Event in, the events that follow out. Safe to run twice.
Handler = Callable[[Event], Awaitable[Sequence[Event]]]
# Told which events the broker has confirmed, so that the outbox's relay leaves them alone.
Confirmed = Callable[[Sequence[Event]], Awaitable[None]]

MOST_ATTEMPTS = 8  # over the ladder's rungs: about half an hour
_FIRST_DELAY = 1.0  # seconds; each further attempt waits four times as long
_REPUBLISH = 0.5  # seconds before the first new try to publish
_LONGEST_REPUBLISH = 10.0

log = structlog.get_logger()


class Parked(DocreelError):  # noqa: N818 - nothing went wrong: somebody else is at it
    """The unit is in another worker's hands: look again after `after` seconds."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after


def ladder(attempt: int) -> float | None:
    """Return the seconds to wait after a failed attempt (from 1), or none after the last."""
    return None if attempt >= MOST_ATTEMPTS else _FIRST_DELAY * 4 ** (attempt - 1)


async def publish(broker: Broker, following: Sequence[Event]) -> None:
    """Publish until it is confirmed."""
    delay = _REPUBLISH
    while following:
        try:
            await broker.publish(following)
        except (TransientError, UnroutableError) as error:
            # Unknown is not lost: the same ids once more, and consumers know them. A queue that is
            # not there is an operator's to bring back, and this goes on when it is.
            log.warning("publish_repeated", delay=delay, reason=str(error))
            await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311 - jitter
            delay = min(delay * 2, _LONGEST_REPUBLISH)
        else:
            return


async def move(action: Callable[[], Awaitable[None]]) -> None:
    """Move a delivery to another queue, and wait for one that is missing to be brought back."""
    while True:
        try:
            await action()
        except UnroutableError as error:
            log.error("queue_missing", reason=str(error))  # noqa: TRY400 - it says what to do
            await asyncio.sleep(_LONGEST_REPUBLISH)
        else:
            return


class Worker:
    """Runs one service's handler on the broker's messages, `prefetch` of them side by side."""

    def __init__(
        self,
        service: Service,
        broker: Broker,
        handler: Handler,
        *,
        prefetch: int = 1,
        confirmed: Confirmed | None = None,
    ) -> None:
        self._service = service
        self._broker = broker
        self._handler = handler
        self._prefetch = prefetch
        self._confirmed = confirmed
        # A strong reference: the loop itself keeps only a weak one to its tasks.
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to take messages."""
        await self._broker.consume(self._service, self._prefetch, self._receive)

    async def drain(self, grace: float) -> None:
        """Take no more messages and give those in hand `grace` seconds to end.

        What has not ended by then is cancelled, and the broker delivers it again.
        """
        await self._broker.stop_consuming()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _receive(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._deal_with(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deal_with(self, delivery: Delivery) -> None:
        try:
            await self._work(delivery)
        except TransientError as error:
            # The broker is gone in the middle: it delivers the message again, the ledger knows.
            log.warning("delivery_not_ended", service=self._service, reason=str(error))

    async def _work(self, delivery: Delivery) -> None:
        message = delivery.message
        try:
            event = decode(message.kind, message.body)
        except UndecodableEventError as error:
            log.warning("message_buried", service=self._service, reason=str(error))
            await move(partial(delivery.bury, str(error)))
            metrics.DELIVERIES.labels(self._service.value, "undecodable", "buried").inc()
            return
        with structlog.contextvars.bound_contextvars(
            service=self._service.value, job_id=str(event.job_id), unit=event.unit
        ):
            with (
                metrics.IN_FLIGHT.labels(self._service.value).track_inprogress(),
                tracing.handling(self._service, event) as traced,
            ):
                outcome = await self._handle(delivery, traced, message.attempt)
            metrics.DELIVERIES.labels(self._service.value, event.kind, outcome).inc()

    async def _handle(self, delivery: Delivery, event: Event, attempt: int) -> str:
        try:
            # The delivery's own count: the event's body is the same on every attempt.
            following = await self._handler(event.model_copy(update={"attempt": attempt}))
        except Parked as parked:
            await move(partial(delivery.retry, parked.after, attempt=attempt))
            return "parked"
        except RateLimitedError as error:
            # A quota is no failure of this unit: the attempt does not count.
            log.info("quota_waited", after=error.after, daily=error.daily)
            await move(partial(delivery.retry, error.after, attempt=attempt))
            return "rate_limited"
        except TransientError as error:
            return await self._try_again(delivery, event, attempt, str(error))
        except DocreelError as error:
            return await self._give_up(delivery, event, str(error))
        except Exception as error:
            # A fault of our own may pass (a lost database), so it climbs the ladder as well.
            log.exception("handler_failed", event_type=event.kind)
            return await self._try_again(delivery, event, attempt, repr(error))
        await publish(self._broker, following)
        await delivery.ack()
        if self._confirmed is not None and following:
            await self._confirmed(following)
        return "done"

    async def _try_again(self, delivery: Delivery, event: Event, attempt: int, reason: str) -> str:
        delay = ladder(attempt)
        if delay is None:
            return await self._give_up(delivery, event, f"gave up after {attempt}: {reason}")
        log.info("unit_retried", attempt=attempt, delay=delay, reason=reason)
        await move(partial(delivery.retry, delay, attempt=attempt + 1))
        return "retried"

    async def _give_up(self, delivery: Delivery, event: Event, reason: str) -> str:
        log.error("unit_failed", event_type=event.kind, reason=reason)
        await publish(self._broker, [UnitFailed.following(event, reason=reason)])
        await move(partial(delivery.bury, reason))
        return "buried"
