"""The transcriber as a process of its own, on a real broker and database, with the sample video."""

import asyncio
import os
import signal
import sys
from dataclasses import astuple
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg
import orjson
import pytest

from shared.amqp import RabbitMQ
from shared.events import VideoProcess
from shared.formats import vtt
from shared.routes import Service
from shared.topology import declare

pytestmark = pytest.mark.integration

TRANSCRIBED = "select count(*) = {} from outbox where kind = 'video.transcribed'"
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


async def begin(
    db: asyncpg.Connection, amqp_url: str, storage_path: str, *, waiting: bool = False
) -> VideoProcess:
    """Create a job on a video; `waiting`: it is not begun."""
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
    if not waiting:
        await again(amqp_url, event)
    return event


async def again(amqp_url: str, event: VideoProcess) -> None:
    gateway = RabbitMQ(amqp_url, Service.GATEWAY)
    await gateway.connect()
    await gateway.publish([event])
    await gateway.close()


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


async def give(db: asyncpg.Connection, event: VideoProcess, *cues: vtt.Cue) -> None:
    """Give subtitles with a video, as the gateway notes them."""
    written = orjson.dumps([astuple(cue) for cue in cues]).decode()
    await db.execute(
        """insert into subtitle_files
             (video_id, filename, storage_path, digest, cues, cue_count)
           values ($1, 'a.srt', 'x', md5($2), $2::jsonb, $3)
           on conflict (video_id) do update set digest = excluded.digest, cues = excluded.cues""",
        event.video_id,
        written,
        len(cues),
    )


async def test_a_persons_subtitles_are_what_was_said_and_other_ones_are_read_anew(
    db: asyncpg.Connection, dsn: str, amqp_url: str
) -> None:
    event = await begin(db, amqp_url, "sample.mp4", waiting=True)
    first = [vtt.Cue(1, 4, "Open C:\\new & {x}", "Anna"), vtt.Cue(31, 33, "Two")]
    other = [vtt.Cue(2, 5, "Otherwise"), vtt.Cue(31, 33, "Two")]
    process = await service(amqp_url, dsn, WINDOW_SECONDS="30")
    try:
        for n, cues in enumerate((first, other), 1):
            await give(db, event, *cues)
            await again(amqp_url, event.model_copy(update={"epoch": n}))
            await until(db, TRANSCRIBED.format(n))
            text = await db.fetchval("select vtt_content from videos")
            assert [(cue.start, cue.end, cue.text) for cue in vtt.read(text)] == [
                (cue.start, cue.end, cue.text) for cue in cues
            ]
            said = await db.fetch(
                """select spoken_content, speaker from video_segments
                   where spoken_content <> '' order by start_time"""
            )
            assert [tuple(row) for row in said] == [(cue.text, cue.speaker) for cue in cues]
            await db.execute("update processing_jobs set epoch = $1", n + 1)
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0


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
                        assert b"no recording in a known container" in message.body
                        break
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0
