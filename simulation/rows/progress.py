"""The progress service's rows on a world in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.progress.domain.fold import Step
from services.progress.domain.summary import Summary
from services.progress.ports import Steps
from shared.events import Event
from simulation.world import Tables, View


class ProgressRows:
    """See `services.progress.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def locked(self, jobs: Collection[UUID]) -> dict[UUID, Summary]:
        """See `Rows.locked`."""
        tables = await self._view.read()
        found = {one: tables.jobs[one] for one in sorted(jobs) if one in tables.jobs}
        return {
            id_: replace(job.shown, cancel_requested=job.cancel_requested_at is not None)
            for id_, job in found.items()
        }

    async def recorded(self, events: Sequence[Event]) -> set[tuple[UUID, int]]:
        """See `Rows.recorded`."""

        def change(tables: Tables) -> set[tuple[UUID, int]]:
            new = {(one.id, one.attempt): one for one in events}
            fresh = {key: one for key, one in new.items() if key not in tables.timeline}
            tables.timeline |= fresh
            return set(fresh)

        found: set[tuple[UUID, int]] = await self._view.write(change)
        return found

    async def steps(self, epochs: Mapping[UUID, int]) -> dict[UUID, Steps]:
        """See `Rows.steps`."""
        tables = await self._view.read()
        found: dict[UUID, Steps] = {job: {} for job in epochs}
        for (job, epoch, unit), (step, _) in tables.steps.items():
            if epochs.get(job) == epoch:
                found[job][unit] = step
        return found

    async def save_steps(self, changed: Mapping[UUID, Collection[Step]]) -> None:
        """See `Rows.save_steps`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for job, steps in changed.items():
                for one in steps:
                    tables.steps[job, one.epoch, one.unit] = (one, now)

        await self._view.write(change)

    async def save_states(self, states: Mapping[UUID, Summary]) -> None:
        """See `Rows.save_states`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for one, shown in states.items():
                if tables.jobs[one].epoch == shown.epoch:
                    tables.jobs[one] = tables.jobs[one].showing(shown, now)

        await self._view.write(change)

    async def revive(self, still: float) -> set[UUID]:
        """See `Rows.revive`."""

        def change(tables: Tables) -> set[UUID]:
            now = self._view.world.now()
            jobs = {one for one in tables.jobs if _stands_still(tables, one, now, still)}
            for one in jobs:
                tables.jobs[one] = replace(tables.jobs[one], updated_at=now)
            for key, row in tables.outbox.items():
                job = row.event.job_id
                if job in jobs and row.event.epoch == tables.jobs[job].epoch:
                    tables.outbox[key] = replace(row, published=False)
            return jobs

        found: set[UUID] = await self._view.write(change)
        return found

    async def free_running(self) -> None:
        """See `Rows.free_running`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for key, unit in tables.units.items():
                if unit.state == "running":
                    tables.units[key] = replace(
                        unit,
                        state="waiting",
                        due_at=now,
                        unknown=unit.unknown + 1,
                        deaths=unit.deaths + 1,
                    )

        await self._view.write(change)


def _stands_still(tables: Tables, job: UUID, now: float, still: float) -> bool:
    row = tables.jobs[job]
    if row.shown.status not in {"pending", "processing"} or row.updated_at >= now - still:
        return False
    stepped = any(at > now - still for (one, _, _), (_, at) in tables.steps.items() if one == job)
    alive = any(
        max(unit.updated_at, unit.due_at) > now - still
        or (unit.state == "running" and unit.lease_until > now)
        for (one, _, _), unit in tables.units.items()
        if one == job
    )
    return not stepped and not alive
