"""A video's status as the gateway, the storage and the jobs leave it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.gateway.arrivals import Arrivals
from services.progress.domain.summary import Summary
from services.progress.rows import PostgresRows
from shared.postgres.database import PostgresDatabase
from shared.supabase_storage import SupabaseStorage
from simulators.supabase import server as supabase
from tests.support.gateway import Start, create, eventually, film, process, uploaded, waits
from tests.support.services import accepted, begun

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6) as pool:
        yield pool


async def shown(http: httpx.AsyncClient, video: str) -> tuple[str, str | None]:
    """What the API says of a video, and its list the same."""
    one = (await http.get(f"/api/videos/{video}")).json()
    listed = (await http.get("/api/videos")).json()["items"]
    assert one["status"] in {other["status"] for other in listed if other["id"] == video}
    return one["status"], one["error_message"]


async def test_from_the_upload_to_the_job(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    empty = await create(http, 3)
    assert (empty["status"], empty["error_message"]) == ("uploading", None)
    video = await uploaded(http)
    assert await shown(http, video) == ("uploaded", None)
    job = await process(http, video)
    assert await shown(http, video) == ("processing", None)
    await db.execute(
        """update processing_jobs set status = 'failed', error_message = 'no sound'
           where id = $1""",
        UUID(job),
    )
    assert await shown(http, video) == ("failed", "no sound")
    answer = await http.post(f"/api/jobs/{job}/retry")
    assert answer.status_code == 202
    assert await shown(http, video) == ("processing", None)
    await db.execute("delete from processing_jobs")
    assert await shown(http, video) == ("uploaded", None)


async def test_a_file_that_is_refused_has_failed_and_says_why(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    # When its last byte came, before anybody has wished for a job.
    video = await uploaded(http, b"This is no video.\n" * 99)
    status, reason = await shown(http, video)
    assert status == "failed"
    assert reason is not None
    assert reason.startswith("The file is not a video that can be read: ")
    # A newer version may be able to read it: what it was refused for is forgotten then.
    path = await db.fetchval("select storage_path from videos where id = $1", UUID(video))
    other = await uploaded(http)
    await db.execute(
        """update videos v set storage_path = o.storage_path from videos o
           where v.id = $1 and o.id = $2""",
        UUID(video),
        UUID(other),
    )
    assert path is not None
    await process(http, video)
    assert await shown(http, video) == ("processing", None)
    assert await db.fetchval("select refusal from videos where id = $1", UUID(video)) is None


async def test_nobody_can_write_another_status(db: asyncpg.Connection) -> None:
    event = await accepted(db, "videos/x.mp4", ())
    await db.execute("update videos set status = 'ready', error_message = 'x'")
    row = await db.fetchrow("select status, error_message from videos")
    assert row is not None
    assert tuple(row) == ("processing", None)
    await db.execute("update processing_jobs set status = 'failed' where id = $1", event.job_id)
    assert await db.fetchval("select status from videos") == "failed"


async def test_of_two_jobs_that_end_at_once_the_second_sees_the_first(
    pool: asyncpg.Pool,
) -> None:
    first = await accepted(pool, "videos/x.mp4", ())
    second = await begun(pool, first, ())
    end = "update processing_jobs set status = $2 where id = $1"
    async with pool.acquire() as one, pool.acquire() as other:
        ending = one.transaction()
        await ending.start()
        await one.execute(end, second.job_id, "cancelled")
        late = asyncio.create_task(other.execute(end, first.job_id, "completed"))
        await eventually(lambda: waits(pool))
        await ending.commit()
        await late
    assert await pool.fetchval("select status from videos") == "ready"


async def test_jobs_of_many_videos_end_together_in_whatever_order(pool: asyncpg.Pool) -> None:
    """Two who end jobs of the same videos never wait for each other."""
    firsts = [await accepted(pool, "videos/x.mp4", ()) for _ in range(8)]
    seconds = [await begun(pool, one, ()) for one in firsts]
    done = Summary(1, "completed", "complete", "Complete", 1.0)
    database = PostgresDatabase(pool, PostgresRows)

    async def end(jobs: list[UUID]) -> None:
        async with database.transaction() as work:
            await work.rows.locked(jobs)
            await work.rows.save_states(dict.fromkeys(jobs, done))

    await asyncio.gather(
        end([one.job_id for one in firsts]), end([one.job_id for one in reversed(seconds)])
    )
    rows = await pool.fetch("select distinct status from videos")
    assert [row["status"] for row in rows] == ["ready"]


async def test_a_video_is_deleted_while_its_job_ends(
    http: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    """A job is locked before its video, by whoever has both."""
    video = await uploaded(http)
    job = UUID(await process(http, video))
    assert (await http.post(f"/api/jobs/{job}/cancel")).status_code == 202
    async with pool.acquire() as one:
        ending = one.transaction()
        await ending.start()
        await one.execute("select from processing_jobs where id = $1 for no key update", job)
        deleting = asyncio.create_task(http.delete(f"/api/videos/{video}"))
        await eventually(lambda: waits(pool))
        await one.execute("update processing_jobs set status = 'cancelled' where id = $1", job)
        await ending.commit()
        assert (await deleting).status_code == 204
    assert await pool.fetchval("select count(*) from videos") == 0


async def test_a_file_that_went_straight_to_the_storage_is_seen_to_arrive(
    pool: asyncpg.Pool,
) -> None:
    org, project = uuid4(), uuid4()
    await pool.execute("insert into organizations (id, name) values ($1, 'A')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    names = ("arrived.mp4", "under way.mp4", "large.mp4", "old.mp4")
    ids = {
        name: await pool.fetchval(
            """insert into videos (project_id, title, filename) values ($1, 'V', $2)
               returning id""",
            project,
            name,
        )
        for name in names
    }
    await pool.execute(
        "update videos set created_at = now() - interval '3 days' where filename = 'old.mp4'"
    )
    async with (
        supabase.serving() as double,
        SupabaseStorage.opened(double.url, supabase.SECRET, "docreel") as storage,
    ):
        arrivals = Arrivals(pool, storage, most=len(film()))
        assert await arrivals.note() == 0
        for name, data in (("arrived.mp4", film()), ("large.mp4", film() + b"x")):
            double.objects[f"docreel/videos/{ids[name]}/{name}"] = data
        assert await arrivals.note() == 1
        assert await arrivals.note() == 0
        asked = {path for _, path in double.asked}
        assert not any("old.mp4" in path for path in asked)
    rows = await pool.fetch("select filename, status, error_message from videos")
    told = {row["filename"]: (row["status"], row["error_message"]) for row in rows}
    assert told["arrived.mp4"] == ("uploaded", None)
    assert told["under way.mp4"] == told["old.mp4"] == ("uploading", None)
    status, reason = told["large.mp4"]
    assert status == "failed"
    assert reason.startswith("That is too large")


async def test_a_gateway_looks_for_what_has_arrived_unasked(
    start: Start, pool: asyncpg.Pool
) -> None:
    org, project = uuid4(), uuid4()
    await pool.execute("insert into organizations (id, name) values ($1, 'A')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    video = await pool.fetchval(
        """insert into videos (project_id, title, filename) values ($1, 'V', 'v.mp4')
           returning id""",
        project,
    )
    async with supabase.serving() as double:
        double.objects[f"docreel/videos/{video}/v.mp4"] = film()
        told = {"supabase_url": double.url, "supabase_secret_key": supabase.SECRET}
        async with start(**told, storage_dir=None):

            async def arrived() -> bool:
                return bool(await pool.fetchval("select status from videos") == "uploaded")

            await eventually(arrived)
