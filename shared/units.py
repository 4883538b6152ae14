"""One paid unit of work: claimed, paid once, stored in one transaction with what follows.

In this order: claim with a lease, look for a result kept by
content, call the engine while a heartbeat renews the lease, then one transaction for output, unit
and outbox. Publishing and acking are the worker's.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from shared import ledger, outbox
from shared.broker import Broker
from shared.errors import DocreelError, RateLimitedError, TransientError
from shared.events import Event, UnitFailed, UnitStarted
from shared.ledger import Executor, Standing
from shared.metrics import UNIT_SECONDS
from shared.routes import Service, decode
from shared.worker import MOST_ATTEMPTS, Parked

_LEASE = 30.0  # seconds; a worker that died is succeeded after this
_WORTH_TELLING = 0.5  # seconds after which a call is announced; a shorter one ends before
_LOOK_AGAIN = 10.0  # seconds until a message looks again at a unit that another worker has


class Step(Protocol):
    """What one kind of paid unit does. All three are safe to run twice."""

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""

    async def prepare(self, db: Executor, event: Any) -> tuple[str, Any]:
        """Load the input. Return the content key of its result, and the input."""

    async def call(self, prepared: Any) -> Any:
        """Make the paid call; return its output as plain JSON data."""

    async def store(self, db: Executor, event: Any, output: Any) -> Sequence[Event]:
        """Write the output's rows in the open transaction; return the events that follow."""

    async def fail(self, db: Executor, event: Any, reason: str) -> Sequence[Event]:
        """Write what a unit that failed for good leaves; return the events that follow.

        `unit.failed` is written besides: this is for what waits for all units to end.
        """


class LeaseLostError(TransientError):
    """The lease ended during the call: another worker has the unit, or the job was cancelled."""


@dataclass(frozen=True, slots=True)
class Units:
    """Runs paid units of one service for the worker `owner`, with leases of `lease` seconds.

    `broker` is where a long call is announced; without one nobody is told.
    """

    pool: asyncpg.Pool
    service: Service
    owner: str
    lease: float = _LEASE
    broker: Broker | None = None

    async def confirmed(self, events: Sequence[Event]) -> None:
        """Note that the broker has these events: pass it to the worker."""
        await outbox.published(self.pool, [event.id for event in events])

    async def run(self, step: Step, event: Event, unit: str | None = None) -> Sequence[Event]:
        """Do `unit` (by default the event's) if nobody has; return the events to publish.

        A unit that fails for good, or in passing for the last time, returns `unit.failed` and what
        `step.fail` adds. One that is settled or cancelled returns what of its events is not yet
        published.

        Raises:
            Parked: another worker has the unit.
            TransientError, RateLimitedError: the unit is free for the next attempt.
        """
        name = event.unit if unit is None else unit
        claim = await ledger.claim(
            self.pool, event, name, service=self.service, owner=self.owner, lease=self.lease
        )
        match claim.standing:
            case Standing.LEASED:
                raise Parked(min(_LOOK_AGAIN, self.lease))
            case Standing.CLAIMED:
                return await self._claimed(step, event, name, claim.fence)
            case _:
                return await self._left_over(event, name)

    async def _claimed(self, step: Step, event: Event, unit: str, fence: int) -> Sequence[Event]:
        try:
            key, prepared = await step.prepare(self.pool, event)
            output = await ledger.kept(self.pool, key)
            if output is None:
                output = await self._paid(step, event, unit, fence, prepared)
        except LeaseLostError:
            raise
        except RateLimitedError as error:
            await self._free(event, unit, fence, str(error))
            raise
        except DocreelError as error:
            if isinstance(error, TransientError) and event.attempt < MOST_ATTEMPTS:
                await self._free(event, unit, fence, str(error))
                raise
            return await self._failed(step, event, unit, fence, str(error))
        except Exception as error:
            # A fault of our own: it may pass, but not for ever.
            if event.attempt < MOST_ATTEMPTS:
                await self._free(event, unit, fence, repr(error))
                raise
            return await self._failed(step, event, unit, fence, repr(error))
        async with self.pool.acquire() as db, db.transaction():
            # Kept even when the lease was lost meanwhile: the answer is paid for.
            await ledger.keep(db, key, self.service, output, step.engine)
            if not await ledger.settle(db, event, unit, fence, state="done"):
                return []
            following = await step.store(db, event, output)
            await outbox.post(db, self.service, following)
        return following

    async def _failed(
        self, step: Step, event: Event, unit: str, fence: int, reason: str
    ) -> Sequence[Event]:
        async with self.pool.acquire() as db, db.transaction():
            if not await ledger.settle(db, event, unit, fence, state="failed", reason=reason):
                return []
            failed = UnitFailed.following(event, unit=unit, reason=reason)
            following = [failed, *await step.fail(db, event, reason)]
            await outbox.post(db, self.service, following)
        return following

    async def _paid(self, step: Step, event: Event, unit: str, fence: int, prepared: Any) -> Any:
        begun, outcome = time.monotonic(), "ended early"
        call = asyncio.ensure_future(step.call(prepared))
        try:
            await asyncio.wait({call}, timeout=min(_WORTH_TELLING, self.lease / 3))
            if not call.done():
                await self._announce(event, unit)
            while not call.done():
                if not await ledger.renew(self.pool, event, unit, fence, self.lease):
                    raise LeaseLostError
                await asyncio.wait({call}, timeout=self.lease / 3)
            outcome = "failed" if call.exception() else "answered"
            return call.result()
        finally:
            if not call.done():  # no spend after a cancel
                call.cancel()
                with suppress(asyncio.CancelledError):
                    await call
            seconds = time.monotonic() - begun
            UNIT_SECONDS.labels(self.service.value, step.engine, outcome).observe(seconds)

    async def _announce(self, event: Event, unit: str) -> None:
        if self.broker is None:
            return
        with suppress(TransientError):  # a courtesy to who looks on; the work does not need it
            await self.broker.publish([UnitStarted.following(event, unit=unit)])

    async def _free(self, event: Event, unit: str, fence: int, reason: str) -> None:
        await ledger.settle(self.pool, event, unit, fence, state="waiting", reason=reason)

    async def _left_over(self, event: Event, unit: str) -> Sequence[Event]:
        rows = await self.pool.fetch(
            """select kind, body from outbox
               where job_id = $1 and service = $2 and unit = $3 and published_at is null""",
            event.job_id,
            self.service.value,
            unit,
        )
        return [decode(row["kind"], row["body"]) for row in rows]
