"""Finds jobs that stand still, and lets their events be published again.

A message can be lost where no broker is to blame: a queue deleted by hand, an in-process broker's
crash. The outbox still has every event of the job, and every consumer knows what it has done
already, so publishing them again moves the job on and pays for nothing twice.
"""

import asyncio

import structlog

from services.progress.ports import Rows
from shared.database import Database
from shared.errors import DatabaseAwayError

_EVERY = 15.0  # seconds between two looks
_STILL = 90.0  # seconds without a sign of life

log = structlog.get_logger()


async def reap(database: Database[Rows], still: float = _STILL) -> int:
    """Set the events of jobs that stood still for `still` seconds free; return how many jobs."""
    async with database.transaction() as work:
        jobs = await work.rows.revive(still)
    for job in jobs:
        log.warning("job_revived", job_id=str(job))
    return len(jobs)


async def take_over(database: Database[Rows]) -> int:
    """Go on where the only process that did any work has died; return how many jobs that are.

    For a process that holds all services: nobody else can be at work, so every lease is a dead
    one's, and what its broker held is gone. Each unit in its hands has seen a death.
    """
    await database.alone.rows.free_running()
    return await reap(database, 0)


async def watch(database: Database[Rows], every: float = _EVERY) -> None:
    """Reap for ever, each `every` seconds. A lost database is waited for."""
    while True:
        await asyncio.sleep(every)
        try:
            await reap(database)
        except DatabaseAwayError as error:
            log.warning("reaper_interrupted", reason=str(error))
        except Exception:
            # Nobody looks at this task until the service ends: a fault of our own is no end.
            log.exception("reaper_failed")
