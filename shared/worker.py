"""The worker runtime: the only place that acks.

A message arrives and is decoded; what cannot be is buried with its reason. The work runs in a task
that no lost connection cancels. When it ends, what follows is published with confirms, and only
then is the message acked; a failure in passing goes through the delay ladder.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog

from shared import metrics, tracing
from shared.broker import Broker, Delivery
from shared.database import patiently
from shared.errors import (
    DocreelError,
    RateLimitedError,
    StrayError,
    TransientError,
    UndecodableEventError,
    UnroutableError,
    sentence,
)
from shared.events import Event, UnitFailed
from shared.routes import RUNGS, Service, decode

T = TypeVar("T")

# Event in, the events that follow out. Safe to run twice.
Handler = Callable[[Event], Awaitable[Sequence[Event]]]
# Told which events the broker has confirmed, so that the outbox's relay leaves them alone.
Confirmed = Callable[[Sequence[Event]], Awaitable[None]]

MOST_ATTEMPTS = 8  # over the ladder's rungs: 41 minutes
LONGEST_WAIT = float(max(RUNGS.values()))  # seconds between two attempts
_REPUBLISH = 0.5  # seconds before the first new try to publish
_LONGEST_REPUBLISH = 10.0

log = structlog.get_logger()


class Parked(DocreelError):  # noqa: N818 - nothing went wrong: somebody else is at it
    """The unit is in another worker's hands: look again after `after` seconds."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after


class TryAgain(Parked):
    """An attempt at a unit failed, and is counted: the next one is in `after` seconds."""


def after(attempts: int, reason: str) -> str:
    """Return what is told of what failed to the end."""
    return f"{reason} (tried {attempts} times; retry the job, and report this if it stays)"


def ladder(attempt: int, longest: float = LONGEST_WAIT) -> float | None:
    """Return the seconds to wait after a failed attempt (from 1), or none after the last.

    They are the rungs', so that a message comes back when its unit is due and not later; at most
    `longest`.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    rungs = sorted(RUNGS.values())
    return float(min(longest, rungs[min(attempt, len(rungs)) - 1]))


async def contained(work: Awaitable[T]) -> T:
    """Await what is not ours; whatever it raises, it is an Exception.

    A library may leak the cancellation of a task of its own, or raise a BaseException (one in Rust
    that panics): taken for the end of this process, either would leave its message in hand for
    ever. An interpreter that is told to end does.
    """
    try:
        return await work
    except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise StrayError(sentence(error)) from error


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

    def __init__(  # noqa: PLR0913 - what a runtime is told
        self,
        service: Service,
        broker: Broker,
        handler: Handler,
        *,
        prefetch: int = 1,
        confirmed: Confirmed | None = None,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._service = service
        self._broker = broker
        self._handler = handler
        self._prefetch = prefetch
        self._confirmed = confirmed
        self._longest_wait = longest_wait
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
        except Exception:
            log.exception("delivery_not_ended", service=self._service)

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
            asked = event.model_copy(update={"attempt": attempt})
            # A message is held while the database is away: its attempts are for other failures.
            following = await contained(patiently(lambda: self._handler(asked)))
        except Parked as parked:
            await move(partial(delivery.retry, parked.after, attempt=attempt))
            return "retried" if isinstance(parked, TryAgain) else "parked"
        except RateLimitedError as error:
            # A quota is no failure of this unit: the attempt does not count.
            log.info("quota_waited", after=error.after, daily=error.daily)
            await move(partial(delivery.retry, error.after, attempt=attempt))
            return "rate_limited"
        except DocreelError as error:
            if isinstance(error, TransientError | StrayError):
                return await self._try_again(delivery, event, attempt, sentence(error))
            return await self._give_up(delivery, event, sentence(error))
        except Exception as error:
            # A fault of our own may pass, so it climbs the ladder as well.
            log.exception("handler_failed", event_type=event.kind)
            return await self._try_again(delivery, event, attempt, sentence(error))
        await publish(self._broker, following)
        await delivery.ack()
        if self._confirmed is not None and following:
            await self._confirmed(following)
        return "done"

    async def _try_again(self, delivery: Delivery, event: Event, attempt: int, reason: str) -> str:
        delay = ladder(attempt, self._longest_wait)
        if delay is None:
            return await self._give_up(delivery, event, after(attempt, reason))
        log.info("delivery_retried", attempt=attempt, delay=delay, reason=reason)
        await move(partial(delivery.retry, delay, attempt=attempt + 1))
        return "retried"

    async def _give_up(self, delivery: Delivery, event: Event, reason: str) -> str:
        log.error("delivery_given_up", event_type=event.kind, unit=event.unit, reason=reason)
        # Which unit would have come of it nobody knows, and what waits for it would wait for ever.
        await publish(self._broker, [UnitFailed.following(event, unit="job", reason=reason)])
        await move(partial(delivery.bury, reason))
        return "buried"
