"""`python -m deploy.housekeeping`: deletes what is old, a batch at a time; safe while all runs.

Of jobs that have ended: their outbox after KEEP_OUTBOX_DAYS (30) and their timeline after
KEEP_EVENTS_DAYS (90). Of kept results: those older than KEEP_RESULTS_DAYS (180), after which the
same video is paid for again. With EVERY_HOURS it does so again and again, without it once.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg
import structlog

from shared import log

_BATCH = 5000  # rows in one statement, so that none holds its locks for long
_SECRET = Path("/run/secrets/database_url")
_ENDED = """exists (select from processing_jobs j where j.id = r.job_id
  and j.status in ('completed', 'failed', 'cancelled')
  and j.updated_at < now() - make_interval(days => $1))"""

# Name, setting, its default in days, and what is deleted. An event that is not yet published stays.
RETENTION = (
    ("outbox", "KEEP_OUTBOX_DAYS", 30, f"r.published_at is not null and {_ENDED}"),
    ("job_events", "KEEP_EVENTS_DAYS", 90, _ENDED),
    (
        "ai_results",
        "KEEP_RESULTS_DAYS",
        180,
        "r.created_at < now() - make_interval(days => $1)",
    ),
)

logger = structlog.get_logger()


async def tidy(dsn: str, days: dict[str, int], batch: int = _BATCH) -> dict[str, int]:
    """Delete rows older than `days` tell by table; return how many of each table."""
    connection = await asyncpg.connect(dsn)
    deleted = dict.fromkeys(days, 0)
    try:
        for table, _, _, old in RETENTION:
            statement = f"""delete from {table} where ctid = any (array(
              select r.ctid from {table} r where {old} limit {batch}))"""  # noqa: S608 - ours
            while True:
                status = await connection.execute(statement, days[table])
                count = int(status.rpartition(" ")[2])
                deleted[table] += count
                if count < batch:
                    break
    finally:
        await connection.close()
    logger.info("tidied", **deleted)
    return deleted


async def _run(dsn: str, days: dict[str, int], hours: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            await tidy(dsn, days)
        except (OSError, asyncpg.PostgresError) as error:
            if not hours:
                raise
            logger.warning("tidying_put_off", reason=repr(error))
        if not hours:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), hours * 3600)


def main() -> int:
    """Tidy once or for ever; return the exit status (2 without a database)."""
    log.configure()
    dsn = os.environ.get("DATABASE_URL") or (_SECRET.read_text() if _SECRET.is_file() else "")
    if not dsn:
        sys.stderr.write(f"neither DATABASE_URL is set nor {_SECRET} there\n")
        return 2
    days = {table: int(os.environ.get(name) or default) for table, name, default, _ in RETENTION}
    asyncio.run(_run(dsn, days, float(os.environ.get("EVERY_HOURS") or 0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
