"""Four services over a real RabbitMQ and PostgreSQL, killed while they work.

The engine is the real google-genai client, speaking to a simulator that counts what it is asked.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared.amqp import RabbitMQ
from shared.events import JobCancel, VideoProcess
from shared.formats import vtt
from shared.postgres.outbox import PostgresOutbox
from shared.routes import CONSUMERS, Service
from shared.topology import declare
from simulators.gemini.server import KEY, Simulator, serving
from tests.support.servers import Node
from tests.support.services import ROOT, Services, accepted

pytestmark = pytest.mark.integration

WINDOWS, ARTICLES, LANGUAGES = 3, 2, ("es", "ja")
# Planning and asking for languages are units that cost nothing.
PAID = "unit <> 'transcription' and not starts_with(unit, 'languages/')"
UNITS = WINDOWS + 1 + ARTICLES + len(LANGUAGES) * (1 + ARTICLES)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        yield pool


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def services(
    amqp_url: str, dsn: str, simulator: Simulator, tmp_path: Path
) -> AsyncIterator[Services]:
    await declare(amqp_url)
    shutil.copy(ROOT / "samples" / "sample.mp4", tmp_path)
    services = Services(
        {
            "AMQP_URL": amqp_url,
            "DATABASE_URL": dsn,
            "STORAGE_DIR": str(tmp_path),
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": simulator.url,
            "WINDOW_SECONDS": "20",
            "LEASE_SECONDS": "3",
        }
    )
    yield services
    await services.stop()


async def begin(db: asyncpg.Pool, amqp_url: str) -> VideoProcess:
    event = await accepted(db, "sample.mp4", LANGUAGES)
    gateway = RabbitMQ(amqp_url, Service.GATEWAY)
    await gateway.connect()
    await gateway.publish([event])
    await PostgresOutbox(db).published([event.id])
    await gateway.close()
    return event


async def watched(db: asyncpg.Pool, seconds: float = 120) -> list[float]:
    """Watch the one job to its end; return its progress as a poller would see it."""
    seen: list[float] = []
    async with asyncio.timeout(seconds):
        while True:
            row = await db.fetchrow("select status, progress from processing_jobs")
            assert row is not None
            seen.append(row["progress"])
            if row["status"] in {"completed", "failed", "cancelled"}:
                return seen
            await asyncio.sleep(0.1)


async def assert_completed(db: asyncpg.Pool) -> None:
    row = await db.fetchrow("select * from processing_jobs")
    assert row is not None
    assert (row["status"], row["error_message"], json.loads(row["issues"])) == (
        "completed",
        None,
        [],
    )
    done = f"select count(*) from work_units where state = 'done' and {PAID}"  # noqa: S608 - a constant
    assert await db.fetchval(done) == UNITS
    assert await db.fetchval("select count(*) from articles") == ARTICLES * (1 + len(LANGUAGES))
    stored = json.loads(await db.fetchval("select vtt_languages from videos"))
    source = vtt.read(await db.fetchval("select vtt_content from videos"))
    assert set(stored) == set(LANGUAGES)
    for text in stored.values():
        assert [(cue.start, cue.end) for cue in vtt.read(text)] == [
            (c.start, c.end) for c in source
        ]


async def assert_paid_once(db: asyncpg.Pool, simulator: Simulator, killed: int) -> None:
    """Each unit's call ran once, but for at most one unknown call a killed worker."""
    unknown = await db.fetchval("select sum(unknown_calls) from work_units")
    assert unknown <= killed
    assert len(simulator.asked) <= UNITS + unknown
    assert not simulator.files.all or killed


async def test_a_job_goes_through_all_services_and_every_unit_is_paid_once(
    services: Services, db: asyncpg.Pool, amqp_url: str, simulator: Simulator
) -> None:
    await services.start()
    await begin(db, amqp_url)
    seen = await watched(db)
    assert seen == sorted(seen)
    await assert_completed(db)
    await assert_paid_once(db, simulator, killed=0)
    assert await services.stop() == [0] * len(CONSUMERS)


@pytest.mark.parametrize("victim", CONSUMERS)
async def test_a_service_killed_at_work_loses_nothing(
    services: Services,
    db: asyncpg.Pool,
    amqp_url: str,
    simulator: Simulator,
    victim: Service,
) -> None:
    simulator.seconds = 1.0
    await services.start()
    await begin(db, amqp_url)
    watching = asyncio.create_task(watched(db))
    at_work: dict[Service, str] = {
        Service.PROGRESS: "select count(*) > 0 from job_steps",
    }
    running = f"""select count(*) > 0 from work_units
                  where state = 'running' and service = $1 and {PAID}"""  # noqa: S608 - a constant
    for _ in range(600):
        if victim in at_work:
            begun = await db.fetchval(at_work[victim])
        else:
            begun = await db.fetchval(running, victim.value)
        if begun:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    await services.kill(victim)
    await services.start(victim)
    seen = await watching
    assert seen == sorted(seen)
    await assert_completed(db)
    # A worker has up to sixteen calls in flight when it dies: each of them is unknown.
    in_hand = await db.fetchval("select count(*) from work_units where service = $1", victim.value)
    await assert_paid_once(db, simulator, killed=in_hand)


async def test_the_broker_killed_at_work_loses_nothing_and_nothing_is_paid_twice(
    services: Services,
    db: asyncpg.Pool,
    amqp_url: str,
    simulator: Simulator,
    node: Node,
) -> None:
    simulator.seconds = 2.0
    await services.start()
    await begin(db, amqp_url)
    watching = asyncio.create_task(watched(db))
    await simulator.calls(1)
    # From this thread, although it blocks: the system ends the node with the thread it came from.
    node.crash()
    seen = await watching
    assert seen == sorted(seen)
    await assert_completed(db)
    await assert_paid_once(db, simulator, killed=0)


async def test_after_a_cancel_nothing_more_is_asked_and_the_remote_files_are_gone(
    services: Services, db: asyncpg.Pool, amqp_url: str, simulator: Simulator
) -> None:
    simulator.seconds = 30
    await services.start()
    event = await begin(db, amqp_url)
    await simulator.calls(WINDOWS)
    await db.execute("update processing_jobs set cancel_requested_at = now()")
    cancel = JobCancel.of(
        job_id=event.job_id,
        project_id=event.project_id,
        video_id=event.video_id,
        unit="cancel",
    )
    gateway = RabbitMQ(amqp_url, Service.GATEWAY)
    await gateway.connect()
    await gateway.publish([cancel])
    await gateway.close()
    await watched(db)
    for _ in range(50):
        if not simulator.files.all:
            break
        await asyncio.sleep(0.1)
    assert len(simulator.asked) == WINDOWS
    assert not simulator.files.all
    assert await db.fetchval("select status from processing_jobs") == "cancelled"
