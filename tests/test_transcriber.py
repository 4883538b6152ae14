"""The transcriber as a process of its own, on a real broker and database, with the sample video."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

from shared.amqp import RabbitMQ
from shared.events import VideoProcess
from shared.formats import vtt
from shared.routes import Service
from shared.topology import declare

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent


async def service(amqp_url: str, dsn: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.transcriber",
        cwd=ROOT,
        start_new_session=True,  # its speech process ends with it
        env={
            **os.environ,
            "AMQP_URL": amqp_url,
            "DATABASE_URL": dsn,
            "STORAGE_DIR": str(ROOT / "samples"),
            **settings,
        },
    )


async def begin(db: asyncpg.Connection, amqp_url: str, storage_path: str) -> VideoProcess:
    org, project, video, job = (uuid4() for _ in range(4))
    await db.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await db.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    await db.execute(
        """insert into videos (id, project_id, title, filename, storage_path)
           values ($1, $2, 'Sample', 'sample.mp4', $3)""",
        video,
        project,
        storage_path,
    )
    await db.execute(
        """insert into processing_jobs (id, project_id, video_id, languages)
           values ($1, $2, $3, '{es}')""",
        job,
        project,
        video,
    )
    await declare(amqp_url)
    event = VideoProcess.of(
        job_id=job, project_id=project, video_id=video, unit="job", languages=("es",)
    )
    gateway = RabbitMQ(amqp_url, Service.GATEWAY)
    await gateway.connect()
    await gateway.publish([event])
    await gateway.close()
    return event


async def until(db: asyncpg.Connection, question: str, seconds: float = 60) -> None:
    for _ in range(int(seconds * 10)):
        if await db.fetchval(question):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(question)


async def test_the_sample_is_transcribed_though_the_worker_is_killed_in_its_call(
    db: asyncpg.Connection, dsn: str, amqp_url: str
) -> None:
    event = await begin(db, amqp_url, "sample.mp4")
    settings = {"WINDOW_SECONDS": "30", "LEASE_SECONDS": "2"}
    first = await service(amqp_url, dsn, **settings)
    await until(db, "select count(*) > 0 from work_units where state = 'running'")
    os.killpg(first.pid, signal.SIGKILL)
    await first.wait()
    second = await service(amqp_url, dsn, **settings)
    try:
        await until(
            db,
            "select count(*) > 0 from outbox where kind = 'video.transcribed'"
            " and published_at is not null",
        )
    finally:
        second.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(second.wait(), 30) == 0
    assert await db.fetchval("select array_agg(distinct state) from work_units") == ["done"]
    assert await db.fetchval("select sum(unknown_calls) from work_units") <= 1
    assert await db.fetchval("select count(*) from ai_results") == 2
    text = await db.fetchval("select vtt_content from videos where id = $1", event.video_id)
    cues = vtt.read(text)
    assert cues[0].start < 10
    assert cues[-1].end > 45
    assert [cue.start for cue in cues] == sorted(cue.start for cue in cues)


async def test_a_file_that_is_no_video_is_said_to_be_none(
    db: asyncpg.Connection, dsn: str, amqp_url: str
) -> None:
    event = await begin(db, amqp_url, "sample.txt")
    process = await service(amqp_url, dsn)
    try:
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue("progress.work", ensure=False)
            async with queue.iterator(timeout=20) as messages:
                async for message in messages:
                    await message.ack()
                    if message.type == "unit.failed":
                        assert message.correlation_id == str(event.job_id)
                        assert b"sample.txt is Tele-typewriter, not a video" in message.body
                        break
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0
