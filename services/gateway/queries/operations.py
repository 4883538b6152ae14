"""Counts over all organizations, for who runs the installation. As the worker; never content."""

from dataclasses import dataclass

from services.gateway.models.operations import Outbox
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
