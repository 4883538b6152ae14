"""The progress service's rows on PostgreSQL. One query for all jobs of a batch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson

from services.progress.domain.fold import State, Step
from services.progress.domain.summary import Summary
from services.progress.ports import Steps
from shared.events import Event
from shared.postgres.statements import Executor

# Two reapers at once take turns by the row's lock.
_REAP = """
with still as (
  select j.id, j.epoch from processing_jobs j
  where j.status in ('pending', 'processing')
    and j.updated_at < clock_timestamp() - make_interval(secs => $1)
    and not exists (
      select from job_steps s where s.job_id = j.id
        and s.updated_at > clock_timestamp() - make_interval(secs => $1))
    and not exists (
      select from work_units u where u.job_id = j.id
        and (greatest(u.updated_at, u.due_at) > clock_timestamp() - make_interval(secs => $1)
             or (u.state = 'running' and u.lease_until > clock_timestamp())))
  for update of j skip locked
), touched as (
  update processing_jobs j set updated_at = now() from still where j.id = still.id
)
update outbox o set published_at = null from still
where o.job_id = still.id and o.epoch = still.epoch
returning o.job_id
"""


class PostgresRows:
    """See `services.progress.ports.Rows`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def locked(self, jobs: Collection[UUID]) -> dict[UUID, Summary]:
        """See `Rows.locked`.

        Taken in the order of their ids, so that two batches with jobs in common cannot deadlock,
        and with the weaker lock: a worker that adds a unit to the job need not wait for it.
        """
        rows = await self._db.fetch(
            """select id, epoch, status, step, step_message, progress, error_message, issues,
                 cancel_requested_at is not null as cancel_requested
               from processing_jobs where id = any($1) order by id for no key update""",
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
                row["cancel_requested"],
            )
            for row in rows
        }

    async def recorded(self, events: Sequence[Event]) -> set[tuple[UUID, int]]:
        """See `Rows.recorded`."""
        rows = await self._db.fetch(
            """insert into job_events (id, job_id, kind, epoch, attempt, unit, occurred_at)
               select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[],
                                    $5::integer[], $6::text[], $7::timestamptz[])
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

    async def steps(self, epochs: Mapping[UUID, int]) -> dict[UUID, Steps]:
        """See `Rows.steps`."""
        rows = await self._db.fetch(
            """select s.job_id, s.unit, s.epoch, s.attempt, s.state, s.percent, s.detail
               from unnest($1::uuid[], $2::integer[]) as wanted (job_id, epoch)
               join job_steps s using (job_id, epoch)""",
            list(epochs),
            list(epochs.values()),
        )
        found: dict[UUID, Steps] = {job: {} for job in epochs}
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
                datetime.fromisoformat(detail["until"]) if detail.get("until") else None,
            )
        return found

    async def save_steps(self, changed: Mapping[UUID, Collection[Step]]) -> None:
        """See `Rows.save_steps`."""
        await self._db.executemany(
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
                            "until": one.until,
                        }
                    ).decode(),
                )
                for job, steps in changed.items()
                for one in steps
            ],
        )

    async def save_states(self, states: Mapping[UUID, Summary]) -> None:
        """See `Rows.save_states`."""
        # One statement: their videos follow at its end, locked in the order of their ids.
        await self._db.execute(
            """update processing_jobs j set status = now.status, step = now.step,
                 step_message = now.step_message, progress = now.progress,
                 error_message = now.error_message, issues = now.issues,
                 -- Not now(): that is when the transaction began, perhaps before another's end.
                 started_at = coalesce(j.started_at, statement_timestamp()),
                 completed_at = case when now.status in ('completed', 'failed', 'cancelled')
                   then coalesce(j.completed_at, statement_timestamp()) end
               from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[],
                           $6::real[], $7::text[], $8::jsonb[])
                 as now (id, epoch, status, step, step_message, progress, error_message, issues)
               where j.id = now.id and j.epoch = now.epoch""",
            list(states),
            [now.epoch for now in states.values()],
            [now.status for now in states.values()],
            [now.step for now in states.values()],
            [now.step_message for now in states.values()],
            [now.progress for now in states.values()],
            [now.error_message for now in states.values()],
            [orjson.dumps(now.issues).decode() for now in states.values()],
        )

    async def revive(self, still: float) -> set[UUID]:
        """See `Rows.revive`."""
        rows = await self._db.fetch(_REAP, still)
        return {row["job_id"] for row in rows}

    async def free_running(self) -> None:
        """See `Rows.free_running`."""
        await self._db.execute(
            """update work_units set state = 'waiting', due_at = clock_timestamp(),
                 unknown_calls = unknown_calls + 1, deaths = deaths + 1
               where state = 'running'"""
        )
