"""The rows that the progress service owns: jobs' steps, events and state. One query for all."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import orjson

from services.progress.domain.fold import State, Step
from services.progress.domain.summary import Summary
from shared.events import Event
from shared.ledger import Executor

# A job's steps by their unit.
Steps = dict[str, Step]


async def locked(db: Executor, jobs: Collection[UUID]) -> dict[UUID, Summary]:
    """Return the state of those jobs that exist, and keep it as it is until the transaction ends.

    Taken in the order of their ids, so that two batches with jobs in common cannot deadlock.
    """
    rows = await db.fetch(
        """select id, epoch, status, step, step_message, progress, error_message, issues
           from processing_jobs where id = any($1) order by id for update""",
        list(jobs),
    )
    return {
        row["id"]: Summary(
            row["epoch"],
            row["status"],
            row["step"],
            row["step_message"],
            row["progress"],
            row["error_message"],
            tuple(orjson.loads(row["issues"])),
        )
        for row in rows
    }


async def recorded(db: Executor, events: Sequence[Event]) -> set[tuple[UUID, int]]:
    """Add events to their jobs' timelines; return id and attempt of those that were new."""
    rows = await db.fetch(
        """insert into job_events (id, job_id, kind, epoch, attempt, unit, occurred_at)
           select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::integer[],
                                $6::text[], $7::timestamptz[])
           on conflict do nothing returning id, attempt""",
        [event.id for event in events],
        [event.job_id for event in events],
        [event.kind for event in events],
        [event.epoch for event in events],
        [event.attempt for event in events],
        [event.unit for event in events],
        [event.occurred_at for event in events],
    )
    return {(row["id"], row["attempt"]) for row in rows}


async def steps(db: Executor, jobs: Mapping[UUID, Summary]) -> dict[UUID, Steps]:
    """Return the steps of the jobs' present epochs."""
    rows = await db.fetch(
        """select s.job_id, s.unit, s.epoch, s.attempt, s.state, s.percent, s.detail
           from unnest($1::uuid[], $2::integer[]) as wanted (job_id, epoch)
           join job_steps s using (job_id, epoch)""",
        list(jobs),
        [state.epoch for state in jobs.values()],
    )
    found: dict[UUID, Steps] = {job: {} for job in jobs}
    for row in rows:
        detail = orjson.loads(row["detail"])
        found[row["job_id"]][row["unit"]] = Step(
            row["unit"],
            row["epoch"],
            row["attempt"],
            State(row["state"]),
            row["percent"],
            detail["expected"],
            frozenset(detail["languages"]),
            detail["reason"],
        )
    return found


async def save_steps(db: Executor, changed: Mapping[UUID, Collection[Step]]) -> None:
    """Write steps by their job."""
    await db.executemany(
        """insert into job_steps (job_id, epoch, unit, attempt, state, percent, detail)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (job_id, epoch, unit) do update set attempt = excluded.attempt,
             state = excluded.state, percent = excluded.percent, detail = excluded.detail,
             updated_at = now()""",
        [
            (
                job,
                one.epoch,
                one.unit,
                one.attempt,
                int(one.state),
                one.percent,
                orjson.dumps(
                    {
                        "expected": one.expected,
                        "languages": sorted(one.languages),
                        "reason": one.reason,
                    }
                ).decode(),
            )
            for job, steps in changed.items()
            for one in steps
        ],
    )


async def save_states(db: Executor, states: Mapping[UUID, Summary]) -> None:
    """Write jobs' states, in the epoch that each was locked in."""
    await db.executemany(
        """update processing_jobs set status = $3, step = $4, step_message = $5, progress = $6,
             error_message = $7, issues = $8,
             -- Not now(): that is when the transaction began, perhaps before another's that ended.
             started_at = coalesce(started_at, statement_timestamp()),
             completed_at = case when $3 in ('completed', 'failed', 'cancelled')
               then coalesce(completed_at, statement_timestamp()) end
           where id = $1 and epoch = $2""",
        [
            (
                job,
                now.epoch,
                now.status,
                now.step,
                now.step_message,
                now.progress,
                now.error_message,
                orjson.dumps(now.issues).decode(),
            )
            for job, now in states.items()
        ],
    )
