"""One paid unit of work: claimed, paid once, stored in one transaction with what follows.

In this order: claim with a lease, look for a result kept by content, call the engine while a
heartbeat renews the lease, then one transaction for output, unit and outbox. Publishing and acking
are the worker's.

A database that is away is waited for at every one of these steps: what an engine has answered is
held until it is stored.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

import structlog

from shared import metrics, tracing
from shared.broker import Broker
from shared.database import Database, UnitOfWork, patiently
from shared.errors import DatabaseAwayError, DocreelError, RateLimitedError, TransientError
from shared.events import Event, UnitFailed, UnitProgressed, UnitStarted, UnitWaiting
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.routes import Service
from shared.spending import Spending
from shared.unit_progress import report
from shared.worker import Parked, ladder

_LEASE = 30.0  # seconds; a worker that died is succeeded after this
_WORTH_TELLING = 0.5  # seconds after which a call is announced; a shorter one ends before
_LOOK_AGAIN = 10.0  # seconds until a message looks again at a unit that another worker has
_RENEWALS = 3  # before a call, in a row that each took half the lease
_NEWS = 1.0  # seconds that telling of a call may take
_RENEW_AGAIN = 1.0  # seconds after a renewal that failed
_FAREWELL = 2.0  # seconds that a worker which ends waits for the database

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)

log = structlog.get_logger()


class Step(Protocol[R_contra]):
    """What one kind of paid unit does. Each method is safe to run twice."""

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""

    async def prepare(self, work: UnitOfWork[R_contra], event: Any) -> tuple[str, Any]:
        """Load the input. Return the content key of its result, and the input."""

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """Make the paid call, and report it in `spent`; return its output as plain JSON data."""

    async def store(self, work: UnitOfWork[R_contra], event: Any, output: Any) -> Sequence[Event]:
        """Write the output's rows in the open transaction; return the events that follow."""

    async def fail(self, work: UnitOfWork[R_contra], event: Any, reason: str) -> Sequence[Event]:
        """Write what a unit that failed for good leaves; return the events that follow.

        `unit.failed` is written besides: this is for what waits for all units to end.
        """


class LeaseLostError(TransientError):
    """The lease ended during the call: another worker has the unit, or the job was cancelled."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A unit in this worker's hands."""

    event: Event
    unit: str
    fence: int
    since: float  # when it was asked for, on the loop's clock
    spent: Spending = field(default_factory=Spending)


@dataclass(frozen=True, slots=True)
class Units(Generic[R]):
    """Runs paid units of one service for the worker `owner`, with leases of `lease` seconds.

    No other worker ever has the name, not even the one that starts in its place.

    `broker` is where a long call is announced; without one nobody is told.
    """

    database: Database[R]
    service: Service
    owner: str
    lease: float = _LEASE
    broker: Broker | None = None
    # Each run asks in a name of its own, so that a claim is the same however often it is asked for.
    _runs: "count[int]" = field(default_factory=count, repr=False, compare=False)

    async def run(self, step: Step[R], event: Event, unit: str | None = None) -> Sequence[Event]:
        """Do `unit` (by default the event's) if nobody has; return the events to publish.

        A unit that fails for good, or in passing for the last time, returns `unit.failed` and what
        `step.fail` adds. One that is settled or cancelled returns what of its events is not yet
        published.

        Raises:
            Parked: another worker has the unit or has taken it over, or it is not yet due.
            TransientError, RateLimitedError: the unit is free for the next attempt.
        """
        name = event.unit if unit is None else unit
        asked, owner = asyncio.get_running_loop().time(), f"{self.owner}/{next(self._runs)}"
        claim = await patiently(lambda: self._claim(event, name, owner))
        match claim.standing:
            case Standing.LEASED:
                raise Parked(min(_LOOK_AGAIN, self.lease))
            case Standing.EARLY:
                raise Parked(claim.after)
            case Standing.CLAIMED:
                return await self._claimed(step, _Held(event, name, claim.fence, asked))
            case _:
                return await self._left_over(event, name)

    async def _claim(self, event: Event, unit: str, owner: str) -> Claim:
        return await self.database.alone.ledger.claim(
            event, unit, service=self.service, owner=owner, lease=self.lease
        )

    async def _claimed(self, step: Step[R], held: _Held) -> Sequence[Event]:
        try:
            key, output = await self._output(step, held)
        except LeaseLostError as error:
            await patiently(lambda: self._account(self.database.alone, held))
            # No failure of the unit's: look again what became of it.
            raise Parked(min(_LOOK_AGAIN, self.lease)) from error
        except RateLimitedError as error:
            await self._free(held, Outcome("waiting", str(error), error.after))
            await self._announce_wait(held, error)
            raise
        except DocreelError as error:
            if not isinstance(error, TransientError):
                return await self._failed(step, held, str(error))
            await self._try_again(held, str(error), error)
            return await self._failed(step, held, str(error))
        except Exception as error:  # noqa: BLE001 - told apart below
            # A fault of our own: it may pass, but not for ever.
            await self._try_again(held, repr(error), error)
            return await self._failed(step, held, repr(error))
        return await patiently(lambda: self._stored(step, held, key, output))

    async def _try_again(self, held: _Held, reason: str, error: Exception) -> None:
        """Free the unit and raise `error`, unless this was the last attempt."""
        delay = ladder(held.event.attempt)
        if delay is not None:
            await self._free(held, Outcome("waiting", reason, delay))
            raise error

    async def _output(self, step: Step[R], held: _Held) -> tuple[str, Any]:
        """Return the unit's content key and its output, kept or paid for."""
        alone = self.database.alone
        key, prepared = await patiently(lambda: step.prepare(alone, held.event))
        output = await patiently(lambda: alone.ledger.kept(key))
        if output is None:
            output = await self._paid(step, held, prepared)
        return key, output

    async def _stored(self, step: Step[R], held: _Held, key: str, output: Any) -> Sequence[Event]:
        event, unit = held.event, held.unit
        async with self.database.transaction() as work:
            await self._account(work, held)
            answer = Answer(key, self.service, output, step.engine)
            if await work.ledger.complete(event, unit, held.fence, answer):
                following = await step.store(work, event, output)
                await work.outbox.post(self.service, following, cause=unit)
                return following
        # Another worker was faster, or this is the second try of a commit that had gone through.
        return await self._left_over(event, unit)

    async def _failed(self, step: Step[R], held: _Held, reason: str) -> Sequence[Event]:
        async def write() -> Sequence[Event]:
            event, unit = held.event, held.unit
            async with self.database.transaction() as work:
                await self._account(work, held)
                outcome = Outcome("failed", reason)
                if await work.ledger.settle(event, unit, held.fence, outcome):
                    failed = UnitFailed.following(event, unit=unit, reason=reason)
                    following = [failed, *await step.fail(work, event, reason)]
                    await work.outbox.post(self.service, following, cause=unit)
                    return following
            return await self._left_over(event, unit)

        return await patiently(write)

    async def _paid(self, step: Step[R], held: _Held, prepared: Any) -> Any:
        clock = asyncio.get_running_loop().time
        sure, tries = held.since, 0
        while clock() - sure > self.lease / 2:
            # Slow to get here, or stopped on the way: the unit may be in other hands by now.
            if tries == _RENEWALS:
                raise LeaseLostError  # a database as slow as this holds no lease
            sure, tries = clock(), tries + 1
            await patiently(lambda: self._renew(held))
        begun, outcome = clock(), "ended early"
        call = asyncio.ensure_future(self._traced(step, held, prepared))
        reports = asyncio.ensure_future(self._report(held))
        try:
            await asyncio.wait({call}, timeout=min(_WORTH_TELLING, self.lease / 3))
            if not call.done():
                await self._announce(held, UnitStarted.following(held.event, unit=held.unit))
            while not call.done():
                pause = self.lease / 3
                try:
                    await self._renew(held)
                except DatabaseAwayError as error:
                    # The call is being paid for. Again soon: it is not away for others, perhaps.
                    log.warning("lease_not_renewed", reason=str(error))
                    pause = min(_RENEW_AGAIN, pause)
                await asyncio.wait({call}, timeout=pause)
            outcome = "failed" if call.exception() else "answered"
            return call.result()
        except asyncio.CancelledError:
            await _ended(call)
            # Told to end, with no time left: the next worker need not wait for the lease's end.
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._free(held, Outcome("waiting", unknown=True))
            raise
        finally:
            await _ended(reports)
            await _ended(call)  # no spend after a cancel
            seconds = clock() - begun
            metrics.UNIT_SECONDS.labels(self.service.value, step.engine, outcome).observe(seconds)
            metrics.count_calls(self.service.value, held.spent.calls)

    async def _traced(self, step: Step[R], held: _Held, prepared: Any) -> Any:
        with tracing.calling(self.service, step.engine, held.event, held.unit):
            return await step.call(prepared, held.spent)

    async def _renew(self, held: _Held) -> None:
        ledger = self.database.alone.ledger
        if not await ledger.renew(held.event, held.unit, held.fence, self.lease):
            raise LeaseLostError

    async def _announce(self, held: _Held, event: Event) -> None:
        """Tell progress, in the order of the claims: the fence is the attempt that it compares."""
        if self.broker is None:
            return
        # A courtesy to who looks on: neither the work nor its heartbeat waits for a slow broker.
        with suppress(TransientError, TimeoutError):
            async with asyncio.timeout(min(_NEWS, self.lease / 6)):
                await self.broker.publish([event.model_copy(update={"attempt": held.fence})])

    async def _report(self, held: _Held) -> None:
        async def tell(percent: float) -> None:
            progressed = UnitProgressed.following(held.event, unit=held.unit, percent=percent)
            await self._announce(held, progressed)

        await report(held.spent, tell)

    async def _announce_wait(self, held: _Held, error: RateLimitedError) -> None:
        until = datetime.now(UTC) + timedelta(seconds=error.after)
        waiting = UnitWaiting.following(held.event, unit=held.unit, reason=str(error), until=until)
        await self._announce(held, waiting)

    async def _free(self, held: _Held, outcome: Outcome) -> None:
        async def write() -> None:
            async with self.database.transaction() as work:
                await self._account(work, held)
                await work.ledger.settle(held.event, held.unit, held.fence, outcome)

        await patiently(write)

    async def _account(self, work: UnitOfWork[R], held: _Held) -> None:
        """Note what the unit's calls used so far, also where their answers are of no use."""
        if held.spent.calls:
            await work.ledger.spend(held.event, held.unit, self.service, held.spent.calls)

    async def _left_over(self, event: Event, unit: str) -> Sequence[Event]:
        outbox = self.database.alone.outbox
        return await patiently(lambda: outbox.of_unit(event, unit, self.service))


async def _ended(call: "asyncio.Future[Any]") -> None:
    """Cancel a call that still runs, and wait for its end."""
    if not call.done():
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
