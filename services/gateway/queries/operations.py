"""Counts over all organizations, for who runs the installation. As the worker; never content."""

from dataclasses import dataclass

from services.gateway.models.operations import DaySpent, Outbox
from shared.postgres.statements import Executor


@dataclass(frozen=True, slots=True)
class Units:
    """One service's paid units that are open, and those that failed within a day."""

    running: int = 0
    waiting: int = 0
    failed_today: int = 0
    oldest_seconds: float | None = None


async def units(db: Executor) -> dict[str, Units]:
    """Return each service's paid units."""
    rows = await db.fetch(
        """select service, count(*) filter (where state = 'running') as running,
             count(*) filter (where state = 'waiting') as waiting,
             count(*) filter (where state = 'failed') as failed_today,
             extract(epoch from clock_timestamp() - min(updated_at)
               filter (where state <> 'failed'))::float8 as oldest_seconds
           from work_units
           where state in ('running', 'waiting')
             or (state = 'failed' and updated_at > now() - interval '1 day')
           group by service"""
    )
    return {row["service"]: Units(*tuple(row)[1:]) for row in rows}


async def jobs(db: Executor) -> tuple[dict[str, int], float | None]:
    """Return how many jobs are in which status, and how old the oldest is that runs, in seconds.

    Of those that have ended, the last day's.
    """
    rows = await db.fetch(
        """select status, count(*) as jobs,
             extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest
           from processing_jobs where status in ('pending', 'processing') group by status
           union all
           select status, count(*), null from processing_jobs
           where created_at > now() - interval '1 day'
             and status not in ('pending', 'processing') group by status"""
    )
    oldest = max((row["oldest"] for row in rows if row["oldest"] is not None), default=None)
    every = dict.fromkeys(("pending", "processing", "completed", "failed", "cancelled"), 0)
    return every | {row["status"]: row["jobs"] for row in rows}, oldest


async def outbox(db: Executor) -> Outbox:
    """Return what of the outbox is not published."""
    row = await db.fetchrow(
        """select count(*) as unpublished,
             extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest_seconds
           from outbox where published_at is null"""
    )
    if row is None:  # an aggregate always has one row
        raise AssertionError
    return Outbox.model_validate(dict(row))


async def webhooks_waiting(db: Executor) -> int:
    """Return how many messages to webhooks are yet to be taken."""
    return int(
        await db.fetchval("select count(*) from webhook_deliveries where state = 'waiting'") or 0
    )


async def longest_still(db: Executor) -> float:
    """Return for how many seconds the stillest job that has not ended shows no sign of life.

    A unit that waits for its time is one; 0 where no job is open.
    """
    return float(
        await db.fetchval(
            """select coalesce(max(greatest(0, extract(epoch from clock_timestamp() - greatest(
                 j.updated_at,
                 (select max(s.updated_at) from job_steps s where s.job_id = j.id),
                 (select max(greatest(u.updated_at, u.due_at)) from work_units u
                  where u.job_id = j.id))))), 0)::float8
               from processing_jobs j where j.status in ('pending', 'processing')"""
        )
    )


async def expired_leases(db: Executor) -> dict[str, int]:
    """Return how many of each service's running units nobody holds any more."""
    rows = await db.fetch(
        """select service, count(*) as units from work_units
           where state = 'running' and lease_until < clock_timestamp() group by service"""
    )
    return {row["service"]: row["units"] for row in rows}


async def spent_by_day(db: Executor, days: int) -> list[DaySpent]:
    """Return what was spent in each of the last days (UTC), on jobs deleted since as well."""
    rows = await db.fetch(
        """select d.day::date as day, count(c.id) filter (where c.answered) as calls,
             coalesce(sum(c.prompt_tokens) filter (where c.answered), 0)::bigint as prompt_tokens,
             coalesce(sum(c.output_tokens) filter (where c.answered), 0)::bigint as output_tokens,
             coalesce(sum(c.cached_tokens) filter (where c.answered), 0)::bigint as cached_tokens,
             case when bool_and(p.model is not null) filter (where c.answered) then
               nullif(sum((c.prompt_tokens - c.cached_tokens) * p.prompt
                 + c.cached_tokens * p.cached + c.output_tokens * p.output)
                 filter (where c.answered) / 1000000, 0)::float8
             end as cost,
             count(c.id) filter (where not c.answered) as unanswered,
             coalesce(sum(c.prompt_tokens) filter (where not c.answered), 0)::bigint
               as unanswered_tokens
           from generate_series(date_trunc('day', now() at time zone 'utc')
               - make_interval(days => $1 - 1), now() at time zone 'utc', '1 day') as d (day)
           left join ai_calls c on c.stored_at >= d.day at time zone 'utc'
             and c.stored_at < (d.day + interval '1 day') at time zone 'utc'
           left join (
             select *, lead(since, 1, 'infinity') over (partition by model order by since) as until
             from ai_prices
           ) p on p.model = c.model and p.since <= c.stored_at and c.stored_at < p.until
           group by d.day order by d.day""",
        days,
    )
    return [DaySpent.model_validate(dict(row)) for row in rows]
