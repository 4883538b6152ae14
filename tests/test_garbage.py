"""What is no event, on every service's queue, while the services run for real."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

from shared.events import VideoProcess
from shared.routes import CONSUMERS, Service, dead_queue, encode, work_queue
from shared.topology import declare
from tests.support.services import ROOT, Services, accepted

pytestmark = pytest.mark.integration

VALID = encode(VideoProcess.of(job_id=uuid4(), project_id=uuid4(), video_id=uuid4(), unit="job"))
GARBAGE: list[tuple[str | None, bytes]] = [
    ("video.process", b""),
    ("video.process", b"not json"),
    ("video.process", b"[]"),
    ("video.process", b"\xff\xfe\x00"),
    ("video.process", b'{"job_id": 7}'),
    ("video.process", VALID.replace(b'"epoch":1', b'"epoch":0')),
    ("video.process", b"x" * 10_000_000),
    ("video.delete", b"{}"),
    (None, VALID),
]


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        yield pool


async def waiting(channel: aio_pika.abc.AbstractChannel, queue: str) -> int:
    found = await channel.declare_queue(queue, passive=True)
    return found.declaration_result.message_count or 0


async def filled(channel: aio_pika.abc.AbstractChannel, queue: str, count: int) -> None:
    for _ in range(300):
        if await waiting(channel, queue) == count:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(queue)


async def test_garbage_is_buried_by_the_service_it_reached_and_all_go_on(
    amqp_url: str, dsn: str, db: asyncpg.Pool, tmp_path: Path
) -> None:
    await declare(amqp_url)
    (tmp_path / "sample.mp4").write_bytes((ROOT / "samples" / "sample.mp4").read_bytes())
    services = Services({"AMQP_URL": amqp_url, "DATABASE_URL": dsn, "STORAGE_DIR": str(tmp_path)})
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for service in CONSUMERS:
            for kind, body in GARBAGE:
                message = aio_pika.Message(body, type=kind)
                await channel.default_exchange.publish(message, work_queue(service))
            # An event of a job that does not exist is an event: it is done with, and not buried.
            stranger = aio_pika.Message(VALID, type="video.process")
            await channel.default_exchange.publish(stranger, work_queue(service))
        try:
            await services.start()
            before = services.pids()
            for service in CONSUMERS:
                await filled(channel, dead_queue(service), len(GARBAGE))
            await accepted(db, "sample.mp4", ())
            async with asyncio.timeout(60):
                while await db.fetchval("select status from processing_jobs") != "completed":
                    # The gateway's relay, which this test has none of.
                    await relayed(channel, db)
                    await asyncio.sleep(0.2)
            assert services.pids() == before
            for service in CONSUMERS:
                await assert_dead(channel, service)
                assert await waiting(channel, work_queue(service)) == 0
        finally:
            await services.stop()


async def relayed(channel: aio_pika.abc.AbstractChannel, db: asyncpg.Pool) -> None:
    row = await db.fetchrow(
        """update outbox set published_at = now() where service = 'gateway'
           and published_at is null returning body"""
    )
    if row is not None:
        exchange = await channel.get_exchange("video.events", ensure=False)
        await exchange.publish(aio_pika.Message(row["body"], type="video.process"), "video.process")


async def assert_dead(channel: aio_pika.abc.AbstractChannel, service: Service) -> None:
    queue = await channel.get_queue(dead_queue(service))
    found = []
    for _ in GARBAGE:
        message = await queue.get(timeout=10)
        assert message is not None
        found.append((message.type, len(message.body)))
        reason = str(message.headers["reason"])
        assert reason.startswith(("not a video.process event: ", "unknown event type ")), reason
        await message.ack()
    assert found == [(kind, len(body)) for kind, body in GARBAGE]
    assert await waiting(channel, dead_queue(service)) == 0
