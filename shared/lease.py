"""A unit in a worker's hands: its lease is renewed while its call runs, and others hear of it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from shared import metrics
from shared.broker import Broker
from shared.database import patiently
from shared.errors import RateLimitedError, TransientError
from shared.events import Event, UnitProgressed, UnitStarted, UnitWaiting
from shared.ledger import Ledger
from shared.routes import Service
from shared.spending import Spending
from shared.unit_progress import report
from shared.worker import contained

_WORTH_TELLING = 0.5  # seconds after which a call is announced; a shorter one ends before
_RENEWALS = 3  # before a call, in a row that each took half the lease
_NEWS = 1.0  # seconds that telling of a call may take
_LOOK_EVERY = 1.5  # seconds between two renewals: as soon a call whose job is cancelled ends
_RENEW_AGAIN = 1.0  # seconds after a renewal that failed

log = structlog.get_logger()


class LeaseLostError(TransientError):
    """The lease ended during the call: another worker has the unit, or the job was cancelled."""


@dataclass(slots=True)
class Held:
    """A unit in this worker's hands."""

    event: Event
    unit: str
    fence: int
    since: float  # when its lease was last asked for, on the loop's clock
    attempts: int = 0  # that failed before
    deaths: int = 0
    spent: Spending = field(default_factory=Spending)
    noted: int = 0  # of the calls spent
    calling: bool = False  # a call has begun whose answer is not kept yet


@dataclass(frozen=True, slots=True)
class Lease:
    """Leases of `seconds` on units of one service; long calls are announced through `broker`."""

    ledger: Ledger
    service: Service
    seconds: float
    broker: Broker | None

    async def kept_during(
        self, held: Held, engine: str, call: Callable[[], Coroutine[Any, Any, Any]]
    ) -> Any:
        """Make a call under the unit's lease; return its answer.

        An answer that has arrived is returned also where the lease was lost at the same time.

        Raises:
            LeaseLostError: the call was not made, or was ended.
        """
        await self.make_sure(held)
        clock = asyncio.get_running_loop().time
        begun, outcome = clock(), "ended early"
        held.calling = True
        calling = asyncio.ensure_future(contained(call()))
        reporting = asyncio.ensure_future(self._report(held))
        try:
            await self._renewed_during(held, calling)
        except LeaseLostError:
            if not answered(calling):
                raise
        finally:
            await _ended(reporting)
            await _ended(calling)  # no spend after a cancel
            if not calling.cancelled():
                outcome = "failed" if calling.exception() else "answered"
            metrics.UNIT_SECONDS.labels(self.service.value, engine, outcome).observe(
                clock() - begun
            )
            metrics.count_calls(self.service.value, held.spent.calls)
        return calling.result()

    async def make_sure(self, held: Held) -> None:
        """Renew where it took long to get here: the unit may be in other hands by now.

        Raises:
            LeaseLostError: it is, or its job was cancelled.
        """
        clock, tries = asyncio.get_running_loop().time, 0
        while clock() - held.since > self.seconds / 2:
            if tries == _RENEWALS:
                raise LeaseLostError  # a database as slow as this holds no lease
            tries += 1
            await patiently(lambda: self._renew(held))

    async def _renewed_during(self, held: Held, calling: "asyncio.Future[Any]") -> None:
        await asyncio.wait({calling}, timeout=min(_WORTH_TELLING, self.seconds / 3))
        if not calling.done():
            await self._announce(held, UnitStarted.following(held.event, unit=held.unit))
        while not calling.done():
            pause = min(_LOOK_EVERY, self.seconds / 3)
            try:
                await self._renew(held)
            except LeaseLostError:
                raise
            except Exception as error:  # noqa: BLE001 - the call is being paid for
                # Again soon: the database is not away for others, perhaps.
                log.warning("lease_not_renewed", reason=str(error))
                pause = min(_RENEW_AGAIN, pause)
            await asyncio.wait({calling}, timeout=pause)

    async def _renew(self, held: Held) -> None:
        asked = asyncio.get_running_loop().time()
        if not await self.ledger.renew(held.event, held.unit, held.fence, self.seconds):
            raise LeaseLostError
        held.since = asked

    async def _report(self, held: Held) -> None:
        async def tell(percent: float) -> None:
            progressed = UnitProgressed.following(held.event, unit=held.unit, percent=percent)
            await self._announce(held, progressed)

        await report(held.spent, tell)

    async def announce_wait(self, held: Held, error: RateLimitedError) -> None:
        """Tell that a unit waits for its quota."""
        until = datetime.now(UTC) + timedelta(seconds=error.after)
        waiting = UnitWaiting.following(held.event, unit=held.unit, reason=str(error), until=until)
        await self._announce(held, waiting)

    async def _announce(self, held: Held, event: Event) -> None:
        """Tell progress, in the order of the claims: the fence is the attempt that it compares."""
        if self.broker is None:
            return
        # A courtesy to who looks on: neither the work nor its heartbeat suffers for a broker.
        with suppress(Exception):
            async with asyncio.timeout(min(_NEWS, self.seconds / 6)):
                await self.broker.publish([event.model_copy(update={"attempt": held.fence})])


def answered(calling: "asyncio.Future[Any]") -> bool:
    """Say whether a call has ended with an answer."""
    return calling.done() and not calling.cancelled() and calling.exception() is None


async def _ended(calling: "asyncio.Future[Any]") -> None:
    """Cancel a call that still runs, and wait for its end."""
    if not calling.done():
        calling.cancel()
        await asyncio.wait({calling})
