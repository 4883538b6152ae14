"""The progress service's handler on a real PostgreSQL."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.progress.handler import Progress
from services.progress.reaper import reap, take_over, watch
from services.progress.rows import PostgresRows
from shared import events
from shared.postgres.database import PostgresDatabase
from shared.routes import Service

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=10) as pool:
        yield pool


@pytest.fixture
async def job(pool: asyncpg.Pool) -> dict[str, Any]:
    org, project, video, job = (uuid4() for _ in range(4))
    await pool.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    await pool.execute(
        "insert into videos (id, project_id, title, filename) values ($1, $2, 'V', 'v.mp4')",
        video,
        project,
    )
    await pool.execute(
        "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
        job,
        project,
        video,
    )
    return {"job_id": job, "project_id": project, "video_id": video}


def database(pool: asyncpg.Pool) -> PostgresDatabase[PostgresRows]:
    return PostgresDatabase(pool, PostgresRows)


def all_events(job: dict[str, Any]) -> list[events.Event]:
    chapter, article = uuid4(), uuid4()

    def one(model: type[events.Event], unit: str, **fields: Any) -> events.Event:
        return model.of(**job, unit=unit, **fields)

    return [
        one(events.VideoProcess, "job", languages=("es",)),
        one(events.TranscriptionPlanned, "transcription", windows=1, duration=9),
        one(events.TranscriptionCompleted, "window/0", window=0),
        one(events.VideoTranscribed, "transcription", segments=3, languages=("es",)),
        one(events.DocsOutlined, "outline", articles=1),
        one(events.ArticleWritten, f"article/{chapter}", article_id=article),
        one(events.DocsGenerated, "outline", articles=1),
        one(events.TranslationCompleted, "translation/es/subtitles", language="es"),
        one(events.UnitFailed, f"translation/es/{article}", reason="refused"),
    ]


@pytest.mark.parametrize("seed", range(5))
async def test_a_shuffled_and_doubled_job_ends_once_with_its_issue_named(
    pool: asyncpg.Pool, job: dict[str, Any], seed: int
) -> None:
    every = all_events(job) * 2
    random.Random(seed).shuffle(every)  # noqa: S311 - a seed, not a secret
    # In batches of four at once, as two replicas would: some events stand twice in one batch.
    batches = [every[n : n + 4] for n in range(0, len(every), 4)]
    found = await asyncio.gather(*map(Progress(database(pool)), batches))
    endings = [ending for following in found for ending in following]
    assert [ending.kind for ending in endings] == ["job.completed"]
    row = await pool.fetchrow("select * from processing_jobs")
    assert row is not None
    assert (row["status"], row["step"], row["progress"]) == ("completed", "complete", 1)
    assert "refused" in row["issues"]
    assert row["completed_at"] >= row["started_at"]
    assert await pool.fetchval("select count(*) from outbox") == 1


async def test_how_far_a_unit_is_moves_the_job_and_leaves_no_trace_in_its_timeline(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    progress = Progress(database(pool))
    begun = all_events(job)[:2]
    await progress(begun)
    seen = []
    # The same id and attempt each time; the last one is a straggler.
    for percent in (20, 60, 40):
        told = events.UnitProgressed.of(**job, unit="window/0", percent=percent)
        await progress([told])
        seen.append(await pool.fetchval("select round(progress::numeric, 2) from processing_jobs"))
    assert list(map(float, seen)) == [0.1, 0.3, 0.3]
    assert await pool.fetchval("select count(*) from job_events") == len(begun)


async def test_one_batch_leaves_a_row_for_each_step(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    await pool.execute(
        """create table seen (n integer generated always as identity, step text, message text);
           create function see() returns trigger language plpgsql as $$ begin
             insert into seen (step, message) values (new.step, new.step_message);
             return null;
           end $$;
           create trigger see after update on processing_jobs for each row execute function see()"""
    )
    await Progress(database(pool))(all_events(job))
    rows = await pool.fetch("select step, message from seen order by n")
    assert [tuple(row) for row in rows] == [
        ("transcribing", "Transcribing part 1 of 1"),
        ("generating_docs", "Writing articles"),
        ("translating", "Translating to es"),
        ("complete", "Complete"),
    ]


async def test_an_event_of_a_job_that_is_gone_harms_nobody(pool: asyncpg.Pool) -> None:
    nobody: dict[str, Any] = dict.fromkeys(("job_id", "project_id", "video_id"), uuid4())
    assert await Progress(database(pool))([events.JobCancel.of(**nobody, unit="cancel")]) == []


async def test_a_job_that_stands_still_is_published_again_and_a_live_one_is_not(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    begun = events.VideoProcess.of(**job, unit="job")
    data = database(pool)
    await data.alone.outbox.post(Service.GATEWAY, [begun], cause="job")
    await data.alone.outbox.published([begun.id])
    assert await reap(data, still=60) == 0
    # Of two at once one does it: the other must not come so late that the job stands still again.
    await asyncio.sleep(1.05)
    assert sorted(await asyncio.gather(reap(data, 1), reap(data, 1))) == [0, 1]
    assert await pool.fetchval("select count(*) from outbox where published_at is null") == 1
    await data.alone.ledger.claim(
        begun, "window/0", service=Service.TRANSCRIBER, owner="a", lease=30
    )
    await asyncio.sleep(0.05)
    assert await reap(data, 0.04) == 0
    await pool.execute("update processing_jobs set status = 'completed'")
    await pool.execute("delete from work_units")
    await asyncio.sleep(0.05)
    assert await reap(data, 0.04) == 0


async def test_a_job_whose_event_is_lost_in_progress_ends_with_the_reason(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    handler = Progress(database(pool))
    begun, planned, heard, *_ = all_events(job)
    await handler([begun, planned])
    (ending,) = await handler.give_up(heard, "KeyError: 'x'")
    assert (ending.kind, ending.unit) == ("job.failed", "job")
    assert await handler.give_up(heard, "KeyError: 'x'") == []
    row = await pool.fetchrow("select * from processing_jobs")
    assert row is not None
    assert (row["status"], row["step"]) == ("failed", "error")
    assert row["error_message"].startswith("KeyError: 'x' (in progress, at transcription.completed")
    assert await pool.fetchval("select kind from outbox") == "job.failed"


async def test_a_fault_of_its_own_does_not_end_the_reaper(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    assert job
    looks: list[int] = []

    class Breaking(PostgresRows):
        async def revive(self, still: float) -> Any:
            looks.append(1)
            if len(looks) == 1:
                raise KeyError(still)
            return await super().revive(still)

    watching = asyncio.create_task(watch(PostgresDatabase(pool, Breaking), every=0.01))
    while len(looks) < 2:  # noqa: ASYNC110 - it looks by itself
        await asyncio.sleep(0.01)
    assert not watching.done()
    watching.cancel()


async def test_each_unit_of_a_process_that_held_all_services_has_seen_its_death(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    data = database(pool)
    begun = events.VideoProcess.of(**job, unit="job")
    await data.alone.outbox.post(Service.GATEWAY, [begun], cause="job")
    for deaths in range(1, 4):
        await data.alone.ledger.claim(
            begun, "window/0", service=Service.TRANSCRIBER, owner="a", lease=30, alone=True
        )
        await take_over(data)
        assert await pool.fetchval("select deaths from work_units") == deaths
