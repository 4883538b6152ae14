"""Finds jobs that stand still, and lets their events be published again.

A message can be lost where no broker is to blame: a queue deleted by hand, an in-process broker's
crash. The outbox still has every event of the job, and every consumer knows what it has done
already, so publishing them again moves the job on and pays for nothing twice.
"""

import asyncio

import asyncpg
import structlog

_EVERY = 15.0  # seconds between two looks
# Twice the ladder's longest wait would be safest and far too slow; a unit that waits on the ladder
# has touched its row when it was set free, and is left alone for as long as its rung.
_STILL = 90.0  # seconds without a sign of life

log = structlog.get_logger()

# A sign of life is a change of the job, a step or a unit. A live lease is left alone; two reapers
# at once take turns by the row's lock.
_REAP = """
with still as (
  select j.id from processing_jobs j
  where j.status in ('pending', 'processing')
    and j.updated_at < clock_timestamp() - make_interval(secs => $1)
    and not exists (
      select from job_steps s where s.job_id = j.id
        and s.updated_at > clock_timestamp() - make_interval(secs => $1))
    and not exists (
      select from work_units u where u.job_id = j.id
        and (u.updated_at > clock_timestamp() - make_interval(secs => $1)
             or (u.state = 'running' and u.lease_until > clock_timestamp())))
  for update of j skip locked
), touched as (
  update processing_jobs j set updated_at = now() from still where j.id = still.id
)
update outbox o set published_at = null from still
where o.job_id = still.id
returning o.job_id
"""


async def reap(pool: asyncpg.Pool, still: float = _STILL) -> int:
    """Set the events of jobs that stood still for `still` seconds free; return how many jobs."""
    rows = await pool.fetch(_REAP, still)
    jobs = {row["job_id"] for row in rows}
    for job in jobs:
        log.warning("job_revived", job_id=str(job))
    return len(jobs)


async def take_over(pool: asyncpg.Pool) -> int:
    """Go on where the only process that did any work has died; return how many jobs that are.

    For a process that holds all services: nobody else can be at work, so every lease is a dead
    one's, and what its broker held is gone.
    """
    await pool.execute(
        "update work_units set lease_until = clock_timestamp() where state = 'running'"
    )
    return await reap(pool, 0)


async def watch(pool: asyncpg.Pool) -> None:
    """Reap for ever. A lost database is waited for."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            await reap(pool)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("reaper_interrupted", reason=str(error))
