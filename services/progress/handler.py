"""Folds events into their jobs' steps and states, and tells when a job ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from uuid import UUID

from services.progress.domain.fold import Step, merge, steps_of
from services.progress.domain.summary import TERMINAL, Summary, failed, passed
from services.progress.ports import Rows, Steps
from shared.database import Database
from shared.events import Event, JobCancelled, JobCompleted, JobFailed, UnitProgressed
from shared.routes import Service


@dataclass(frozen=True, slots=True)
class Progress:
    """The service's batch handler. Safe to run twice, in any order, on any number of replicas."""

    database: Database[Rows]

    async def __call__(self, events: Sequence[Event]) -> Sequence[Event]:
        """Write what the events tell, in one transaction; return the jobs' endings."""
        async with self.database.transaction() as work:
            endings = await self._folded_in(work.rows, events)
            await work.outbox.post(Service.PROGRESS, endings, cause="job")
            return endings

    async def give_up(self, event: Event, reason: str) -> Sequence[Event]:
        """End the job of an event that cannot be folded in: what it told of is never known."""
        async with self.database.transaction() as work:
            before = (await work.rows.locked({event.job_id})).get(event.job_id)
            if before is None or before.epoch != event.epoch or before.status in TERMINAL:
                return []
            now = failed(before, f"{reason} (in progress, at {event.kind} of {event.unit})")
            await work.rows.save_states({event.job_id: now})
            endings = _ending(event, before, now)
            await work.outbox.post(Service.PROGRESS, endings, cause="job")
            return endings

    @staticmethod
    async def _folded_in(rows: Rows, events: Sequence[Event]) -> list[Event]:
        before = await rows.locked({event.job_id for event in events})
        known = [event for event in events if event.job_id in before]
        # What stands in the timeline already was folded in by the same transaction. How far a unit
        # is has no place there: it is told many times, and folded in as often as one likes.
        lasting = [event for event in known if not isinstance(event, UnitProgressed)]
        new = await rows.recorded(lasting) if lasting else set()
        fresh = [
            event
            for event in known
            if (isinstance(event, UnitProgressed) or (event.id, event.attempt) in new)
            and event.epoch == before[event.job_id].epoch
        ]
        if not fresh:
            return []
        latest = {event.job_id: event for event in fresh}
        steps = await rows.steps({job: before[job].epoch for job in latest})
        changed = _folded(steps, fresh)
        await rows.save_steps({job: c.values() for job, c in changed.items()})
        states = {job: passed(steps[job] | changed[job], before[job]) for job in latest}
        moved = {job: went[-1] for job, went in states.items() if went[-1] != before[job]}
        # All but the last are of jobs that went over a step: mostly there is none.
        for nth in zip_longest(*([*went[:-1]] for went in states.values())):
            between = {job: state for job, state in zip(states, nth, strict=True) if state}
            await rows.save_states(between)
        await rows.save_states(moved)
        return [
            ending
            for job, state in moved.items()
            for ending in _ending(latest[job], before[job], state)
        ]


def _folded(known: dict[UUID, Steps], events: Sequence[Event]) -> dict[UUID, Steps]:
    changed: dict[UUID, Steps] = {event.job_id: {} for event in events}
    for event in events:
        of_job = changed[event.job_id]
        for one in steps_of(event):
            earlier: Step | None = of_job.get(one.unit) or known[event.job_id].get(one.unit)
            of_job[one.unit] = one if earlier is None else merge(earlier, one)
    return changed


def _ending(event: Event, before: Summary, now: Summary) -> list[Event]:
    if before.status in TERMINAL:
        return []
    match now.status:
        case "completed":
            return [JobCompleted.following(event, unit="job", issues=now.issues)]
        case "failed":
            reason = now.error_message or now.step_message
            return [JobFailed.following(event, unit="job", reason=reason)]
        case "cancelled":
            return [JobCancelled.following(event, unit="job")]
        case _:
            return []
