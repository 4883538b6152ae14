"""The ledger and the outbox on a world in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.events import Event
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.routes import Service
from shared.spending import Call
from simulation.troubles import safely
from simulation.world import Posted, Tables, Unit, View


class MemoryLedger:
    """See `shared.ledger.Ledger`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def claim(  # noqa: PLR0913 - what a claim consists of
        self,
        event: Event,
        unit: str,
        *,
        service: Service,
        owner: str,
        lease: float,
        alone: bool = False,
    ) -> Claim:
        """See `Ledger.claim`."""
        now = self._view.world.now()
        key = (event.job_id, event.epoch, unit)
        new = Unit(service.value, "running", owner, 1, now + lease, now)

        def change(tables: Tables) -> Claim:
            known = tables.units.get(key)
            if known is not None and known.state in {"done", "failed"}:
                return Claim(Standing(known.state))
            job = tables.jobs.get(event.job_id)
            if job is None or not job.open or job.epoch != event.epoch:
                return Claim(Standing.CANCELLED)
            if known is None:
                tables.units[key] = new
                return Claim(Standing.CLAIMED, 1)
            found, claim = _claimed(known, owner, now, alone=alone)
            tables.units[key] = replace(found, lease_until=now + lease) if claim.fence else known
            return claim

        found: Claim = await self._view.write(change)
        return found

    async def renew(self, event: Event, unit: str, fence: int, lease: float) -> bool:
        """See `Ledger.renew`."""

        def change(tables: Tables) -> bool:
            key, now = (event.job_id, event.epoch, unit), self._view.world.now()
            known, job = tables.units.get(key), tables.jobs.get(event.job_id)
            if known is None or known.fence != fence or known.state != "running":
                return False
            if job is None or not job.open or job.epoch != event.epoch:
                return False
            tables.units[key] = replace(known, lease_until=now + lease, updated_at=now)
            return True

        return bool(await self._view.write(change))

    async def settle(self, event: Event, unit: str, fence: int, outcome: Outcome) -> bool:
        """See `Ledger.settle`."""

        def change(tables: Tables) -> bool:
            key, now = (event.job_id, event.epoch, unit), self._view.world.now()
            known = tables.units.get(key)
            if known is None or known.fence != fence or known.state != "running":
                return False
            tables.units[key] = replace(
                known,
                state=outcome.state,
                reason=outcome.reason,
                due_at=now + outcome.after,
                unknown=known.unknown + outcome.unknown,
                attempts=known.attempts + outcome.failed,
                child_deaths=known.child_deaths + outcome.child_died,
                updated_at=now,
            )
            return True

        return bool(await self._view.write(change))

    async def complete(self, event: Event, unit: str, fence: int, answer: Answer | None) -> bool:
        """See `Ledger.complete`."""
        if answer is not None:
            await self.keep(answer)
        return await self.settle(event, unit, fence, Outcome("done"))

    async def spend(self, event: Event, unit: str, service: Service, calls: Sequence[Call]) -> None:
        """See `Ledger.spend`."""
        del service

        def change(tables: Tables) -> None:
            for call in calls:
                tables.calls.setdefault(call.id, ((event.job_id, event.epoch, unit), call))

        with safely():
            await self._view.write(change)

    async def kept(self, key: str) -> Any | None:
        """See `Ledger.kept`."""
        with safely():
            return (await self._view.read()).results.get(key)

    async def keep(self, answer: Answer) -> None:
        """See `Ledger.keep`."""

        def change(tables: Tables) -> None:
            tables.results.setdefault(answer.key, answer.output)

        with safely():
            await self._view.write(change)


def _claimed(known: Unit, owner: str, now: float, *, alone: bool) -> tuple[Unit, Claim]:
    """Return a unit that is not settled as it is after a claim, and the claim."""
    running = known.state == "running"
    if running and known.owner == owner:
        died = False
    elif running and known.lease_until >= now:
        return known, Claim(Standing.LEASED)
    elif not running and known.due_at > now:
        return known, Claim(Standing.EARLY, after=known.due_at - now)
    elif not alone and (running or known.deaths):
        return known, Claim(Standing.ALONE)
    else:
        died = running
    found = replace(
        known,
        state="running",
        owner=owner,
        fence=known.fence + (not running or died),
        unknown=known.unknown + died,
        deaths=known.deaths + died,
        updated_at=now,
    )
    deaths = found.deaths + found.child_deaths
    return found, Claim(Standing.CLAIMED, found.fence, attempts=found.attempts, deaths=deaths)


class MemoryOutbox:
    """See `shared.outbox.Outbox`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def post(self, service: Service, events: Sequence[Event], *, cause: str) -> None:
        """See `Outbox.post`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for event in events:
                tables.outbox.setdefault(event.id, Posted(event, service.value, cause, now))

        await self._view.write(change)

    async def published(self, ids: Sequence[UUID]) -> None:
        """See `Outbox.published`."""

        def change(tables: Tables) -> None:
            for one in ids:
                if one in tables.outbox:
                    tables.outbox[one] = replace(tables.outbox[one], published=True)

        await self._view.write(change)

    async def unpublished(self, service: Service, age: float, most: int) -> list[Event]:
        """See `Outbox.unpublished`."""
        tables, now = await self._view.read(), self._view.world.now()
        found = [
            row
            for row in tables.outbox.values()
            if row.service == service and not row.published and row.created_at <= now - age
        ]
        return [row.event for row in sorted(found, key=lambda row: row.created_at)[:most]]

    async def of_unit(self, event: Event, unit: str, service: Service) -> list[Event]:
        """See `Outbox.of_unit`."""
        tables = await self._view.read()
        return [
            row.event
            for row in tables.outbox.values()
            if (row.event.job_id, row.event.epoch, row.cause, row.service)
            == (event.job_id, event.epoch, unit, service)
            and not row.published
        ]
