"""What is old is deleted, and only what nothing needs any more."""

from uuid import uuid4

import asyncpg
import pytest

from deploy.housekeeping import tidy
from tests.support.services import accepted

pytestmark = pytest.mark.integration

_DAYS = {"outbox": 30, "job_events": 90, "ai_results": 180}


async def test_old_rows_of_ended_jobs_go_and_all_others_stay(dsn: str) -> None:
    db = await asyncpg.connect(dsn)
    try:
        jobs = {}
        for name, status, age in (
            ("old", "completed", 100),
            ("recent", "failed", 40),
            ("open", "processing", 400),
        ):
            job = (await accepted(db, "videos/x.mp4", ())).job_id
            jobs[job] = name
            await db.execute(
                """insert into job_events (id, job_id, kind, epoch, attempt, unit, occurred_at)
                   values ($1, $2, 'x', 1, 1, 'x', now())""",
                uuid4(),
                job,
            )
            await db.execute("update outbox set published_at = now() where job_id = $1", job)
            await db.execute("alter table processing_jobs disable trigger touch_updated_at")
            await db.execute(
                """update processing_jobs set status = $2,
                     updated_at = now() - make_interval(days => $3) where id = $1""",
                job,
                status,
                age,
            )
        unpublished = (await accepted(db, "videos/x.mp4", ())).job_id
        jobs[unpublished] = "unpublished"
        await db.execute(
            """update processing_jobs set status = 'completed',
                 updated_at = now() - interval '100 days' where id = $1""",
            unpublished,
        )
        await db.execute(
            """insert into ai_results (key, service, output, engine, created_at) values
                 ('old', 'docgen', '1', 'x', now() - interval '181 days'),
                 ('new', 'docgen', '1', 'x', now() - interval '179 days')"""
        )
        assert await tidy(dsn, _DAYS, batch=1) == {"outbox": 2, "job_events": 1, "ai_results": 1}
        left = await db.fetch("select job_id from outbox")
        assert sorted(jobs[row["job_id"]] for row in left) == ["open", "unpublished"]
        left = await db.fetch("select job_id from job_events")
        assert sorted(jobs[row["job_id"]] for row in left) == ["open", "recent"]
        assert await db.fetchval("select string_agg(key, ',') from ai_results") == "new"
    finally:
        await db.close()
