"""One unit of work: claimed, paid once, stored in one transaction with what follows.

In this order: claim with a lease, look for a result kept by content, call the engine while a
heartbeat renews the lease, note what the call used and keep its answer, then one transaction for
output, unit and outbox. Publishing and acking are the worker's.

However a unit fails, it ends: an attempt that fails is counted in the ledger and comes again, at
most `MOST_ATTEMPTS` times; so does one whose process dies, at most `MOST_DEATHS` times. Then the
unit is settled as failed with the reason. A fault of our own is no exception.

A database that is away is waited for at every one of these steps: what an engine has answered is
held until it is stored.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

import structlog

from shared import plain, tracing
from shared.books import Answers, Books, insisted
from shared.broker import Broker
from shared.database import Database, patiently
from shared.errors import (
    ChildDiedError,
    DatabaseAwayError,
    DocreelError,
    RateLimitedError,
    StrayError,
    TransientError,
    sentence,
)
from shared.events import Event, UnitFailed
from shared.lease import Held, Lease, LeaseLostError
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.room import Room
from shared.routes import Service
from shared.step import Step as Step  # noqa: PLC0414 - what runs here is named with it
from shared.worker import LONGEST_WAIT, Parked, TryAgain, after, contained, ladder

MOST_DEATHS = 3  # of workers and child processes, with the same unit in their hands
_LEASE = 30.0  # seconds; a worker that died is succeeded after this
_LOOK_AGAIN = 10.0  # seconds until a message looks again at a unit that another worker has
_FAREWELL = 2.0  # seconds that a worker which ends waits for the database
_PASSING = (TransientError, StrayError, ChildDiedError)  # all others are for good
_DIED = (
    f"{MOST_DEATHS} processes died while they worked on this, and it is given up: what it reads may"
    " crash them, or need more memory than there is"
)

R = TypeVar("R")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Units(Generic[R]):
    """Runs units of one service for the worker `owner`, with leases of `lease` seconds.

    No other worker ever has the name, not even the one that starts in its place. `broker` is where
    a long call is announced; without one nobody is told. `room` is shared by all whose process it
    is. Attempts are at most `longest_wait` seconds apart.
    """

    database: Database[R]
    service: Service
    owner: str
    lease: float = _LEASE
    broker: Broker | None = None
    room: Room = field(default_factory=Room)
    longest_wait: float = LONGEST_WAIT
    # Each run asks in a name of its own, so that a claim is the same however often it is asked for.
    _runs: "count[int]" = field(default_factory=count, repr=False, compare=False)

    async def run(self, step: Step[R], event: Event, unit: str | None = None) -> Sequence[Event]:
        """Do `unit` (by default the event's) if nobody has; return the events to publish.

        A unit that fails for good, or for the last time, returns `unit.failed` and what `step.fail`
        adds. One that is settled or cancelled returns what of its events is not yet published.

        Raises:
            TryAgain: the attempt failed, and the unit is free for the next one when that is due.
            Parked: another worker has the unit or has taken it over, or it is not yet due.
            RateLimitedError: the quota is used up, which is no attempt.
        """
        name = event.unit if unit is None else unit
        async with self.room.shared():
            claim, asked = await self._claim(event, name, alone=False)
            if claim.standing is not Standing.ALONE:
                return await self._claimed(step, event, name, claim, asked)
        async with self.room.alone():
            claim, asked = await self._claim(event, name, alone=True)
            return await self._claimed(step, event, name, claim, asked)

    async def _claim(self, event: Event, unit: str, *, alone: bool) -> tuple[Claim, float]:
        asked, owner = asyncio.get_running_loop().time(), f"{self.owner}/{next(self._runs)}"
        claim = await patiently(
            lambda: self.database.alone.ledger.claim(
                event, unit, service=self.service, owner=owner, lease=self.lease, alone=alone
            )
        )
        return claim, asked

    async def _claimed(
        self, step: Step[R], event: Event, unit: str, claim: Claim, asked: float
    ) -> Sequence[Event]:
        match claim.standing:
            case Standing.LEASED:
                raise Parked(min(_LOOK_AGAIN, self.lease))
            case Standing.EARLY:
                raise Parked(claim.after)
            case Standing.CLAIMED:
                held = Held(event, unit, claim.fence, asked, claim.attempts, claim.deaths)
                try:
                    return await self._ended(step, held)
                except asyncio.CancelledError:
                    # Told to end, with no time left: the next worker need not wait for the lease.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_FAREWELL):
                            await self._free(held, Outcome("waiting", unknown=held.calling))
                    raise
            case _:
                return await self._left_over(event, unit)

    async def _ended(self, step: Step[R], held: Held) -> Sequence[Event]:
        """Work on a claimed unit until it is done or has failed, or this attempt has."""
        if held.deaths >= MOST_DEATHS:
            return await self._failed(step, held, _DIED)
        try:
            return await self._done(step, held)
        except LeaseLostError as error:
            await self._books.note(held)
            # No failure of the unit's: look again what became of it.
            raise Parked(min(_LOOK_AGAIN, self.lease)) from error
        except DatabaseAwayError as error:
            # Met by an engine, which asks the database whether it may call. No failure, either.
            await self._free(held, Outcome("waiting", sentence(error)))
            raise Parked(_LOOK_AGAIN) from error
        except RateLimitedError as error:
            await self._free(held, Outcome("waiting", sentence(error), error.after))
            await self._lease.announce_wait(held, error)
            raise
        except DocreelError as error:
            last_death = isinstance(error, ChildDiedError) and held.deaths + 1 >= MOST_DEATHS
            if last_death or not isinstance(error, _PASSING):
                return await self._failed(step, held, sentence(error))
            return await self._attempted(step, held, error)
        except Exception as error:
            # A fault of our own: it may pass, but is not waited for without end.
            log.exception("attempt_failed", event_type=held.event.kind, attempt=held.attempts + 1)
            return await self._attempted(step, held, error)

    async def _attempted(self, step: Step[R], held: Held, error: Exception) -> Sequence[Event]:
        """Count a failed attempt: free the unit for the next one, or fail it after the last."""
        attempt, reason = held.attempts + 1, sentence(error)
        delay = ladder(attempt, self.longest_wait)
        if delay is None:
            return await self._failed(step, held, after(attempt, reason))
        log.info("unit_retried", attempt=attempt, delay=delay, reason=reason)
        died = isinstance(error, ChildDiedError)
        outcome = Outcome("waiting", reason, delay, failed=True, child_died=died)
        await self._free(held, outcome)
        raise TryAgain(delay) from error

    async def _done(self, step: Step[R], held: Held) -> Sequence[Event]:
        """Find the unit's output, kept or paid for, and store it."""
        alone = self.database.alone
        key, prepared = await contained(patiently(lambda: step.prepare(alone, held.event)))
        output = None if key is None else await patiently(lambda: alone.ledger.kept(key))
        if output is not None:
            answer = Answer(key or "", self.service, output, step.engine)
            return await self._stored(step, held, answer)
        if key is not None:
            held.spent.memory = Answers(self._books, self._lease, held, key, step.engine)

        async def call() -> Any:
            with tracing.calling(self.service, step.engine, held.event, held.unit):
                return await step.call(prepared, held.spent)

        output = plain.data(await self._lease.kept_during(held, step.engine, call))
        answer = Answer(key or "", self.service, output, step.engine)
        paid = bool(held.spent.calls)
        if paid:
            # Before anything is done with it: whatever that raises, nobody asks again.
            await self._books.keep(held, answer)
            held.calling = False
        try:
            return await self._stored(step, held, answer)
        except Exception:
            if not paid:
                await self._books.keep(held, answer)
            raise

    async def _stored(self, step: Step[R], held: Held, answer: Answer) -> Sequence[Event]:
        event, unit = held.event, held.unit

        async def write() -> Sequence[Event]:
            async with self.database.transaction() as work:
                kept = answer if answer.key else None
                if await work.ledger.complete(event, unit, held.fence, kept):
                    following = await contained(step.store(work, event, answer.output))
                    await work.outbox.post(self.service, following, cause=unit)
                    return following
            # Another worker was faster, or this is the second try of a commit that went through.
            return await self._left_over(event, unit)

        return await patiently(write)

    async def _failed(self, step: Step[R], held: Held, reason: str) -> Sequence[Event]:
        """Settle a unit as failed, whatever the step's own part in it raises."""
        log.error("unit_failed", event_type=held.event.kind, reason=reason)
        await self._books.note(held)
        event, unit = held.event, held.unit

        async def write(*, alone: bool) -> Sequence[Event]:
            async with self.database.transaction() as work:
                if await work.ledger.settle(event, unit, held.fence, Outcome("failed", reason)):
                    failed = UnitFailed.following(event, unit=unit, reason=reason)
                    if alone:
                        # What waits for this unit would wait for ever: then the job ends here.
                        more: Sequence[Event] = [
                            UnitFailed.following(event, unit="job", reason=reason)
                        ]
                    else:
                        more = await contained(step.fail(work, event, reason))
                    following = [failed, *more]
                    await work.outbox.post(self.service, following, cause=unit)
                    return following
            return await self._left_over(event, unit)

        try:
            return await insisted(lambda: write(alone=False))
        except Exception:
            log.exception("unit_failed_alone", event_type=event.kind)
            return await insisted(lambda: write(alone=True))

    async def _free(self, held: Held, outcome: Outcome) -> None:
        await self._books.note(held)
        ledger = self.database.alone.ledger
        await patiently(lambda: ledger.settle(held.event, held.unit, held.fence, outcome))

    async def _left_over(self, event: Event, unit: str) -> Sequence[Event]:
        outbox = self.database.alone.outbox
        return await patiently(lambda: outbox.of_unit(event, unit, self.service))

    @property
    def _books(self) -> Books:
        return Books(self.database.alone.ledger, self.service)

    @property
    def _lease(self) -> Lease:
        return Lease(self.database.alone.ledger, self.service, self.lease, self.broker)
