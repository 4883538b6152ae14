"""Jobs at the gateway: accepted, polled, cancelled and started again."""

import asyncio
import signal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import httpx
import orjson
import pytest

from deploy.local.processes import free_ports
from shared import topology
from shared.events import VideoProcess
from shared.routes import Service, decode, work_queue
from tests.support.gateway import (
    NOWHERE,
    PATIENCE,
    Start,
    create,
    eventually,
    health,
    problem,
    process,
    uploaded,
)
from tests.support.processes import gateway_process

pytestmark = pytest.mark.integration


async def test_a_job_reaches_the_transcriber(
    start: Start, db: asyncpg.Connection, amqp_url: str
) -> None:
    await topology.declare(amqp_url)
    (port,) = free_ports(1)
    async with start(amqp_url, health_port=port) as http:
        await eventually(lambda: _connected(port))
        video = await uploaded(http)
        job = await process(http, video, "ES", "pt_br", "es", "en")
        connection = await aio_pika.connect(amqp_url)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue(work_queue(Service.TRANSCRIBER))
            message = await eventually(lambda: queue.get(fail=False, no_ack=True))
        event = decode(message.type, message.body)
        assert isinstance(event, VideoProcess)
        assert (str(event.job_id), str(event.video_id), event.epoch) == (job, video, 1)
        assert event.languages == ("es", "pt-BR")
        await eventually(
            lambda: db.fetchval("select published_at from outbox where id = $1", event.id)
        )
    row = await db.fetchrow("select * from processing_jobs where id = $1", UUID(job))
    assert row is not None
    assert (row["status"], row["languages"]) == ("pending", ["es", "pt-BR"])


async def _connected(port: int) -> bool:
    return bool((await health(port))["broker"] == "connected")


async def test_jobs_are_accepted_while_the_broker_is_down(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    assert (await http.get("/readyz")).status_code == 200
    video = await uploaded(http)
    job = await process(http, video, "es")
    row = await db.fetchrow("select * from outbox where job_id = $1", UUID(job))
    assert row is not None
    assert (row["kind"], row["service"], row["published_at"]) == ("video.process", "gateway", None)
    assert await process(http, video, "es") == job
    assert await process(http, video, "es", force=True) != job


async def test_two_wishes_at_once_make_one_job(http: httpx.AsyncClient) -> None:
    video = await uploaded(http)
    assert len(set(await asyncio.gather(*(process(http, video) for _ in range(8))))) == 1


async def test_wishes_that_cannot_be_met_are_refused(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    async def wish(video: str, *languages: str) -> httpx.Response:
        body = {"videoId": video, "languages": languages}
        return await http.post("/api/videos/process", json=body)

    video = await uploaded(http)
    problem(await wish(str(uuid4())), 404)
    problem(await wish("no-id"), 422)
    assert "klingon" in problem(await wish(video, "klingon"), 422)["title"]
    await db.execute("insert into engines values ('translator', 'offline', '{es,fr}')")
    told = problem(await wish(video, "de"), 422)
    assert told["type"].endswith("language-unsupported")
    assert "es, fr" in told["detail"]
    assert (await http.get("/api/engine")).json() == {
        "engine": "offline",
        "languages": ["es", "fr"],
    }
    early = problem(await wish((await create(http, 3))["id"]), 409)
    assert "by tus" in early["detail"]
    assert await db.fetchval("select count(*) from processing_jobs") == 0


async def test_cancel_and_retry(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    job = await process(http, await uploaded(http), "es")
    problem(await http.post(f"/api/jobs/{job}/retry"), 409)
    for _ in range(2):
        cancelled = await http.post(f"/api/jobs/{job}/cancel")
        assert cancelled.status_code == 202
        assert cancelled.json()["cancel_requested_at"]
    kinds = await db.fetch("select kind from outbox order by created_at")
    assert [row["kind"] for row in kinds] == ["video.process", "job.cancel"]
    await db.execute(
        """update processing_jobs set status = 'completed', progress = 1, issues = '["a hole"]',
             completed_at = now(), step = 'complete', error_message = 'x'"""
    )
    problem(await http.post(f"/api/jobs/{job}/cancel"), 409)
    again = await http.post(f"/api/jobs/{job}/retry")
    assert again.status_code == 202
    assert again.json() == {"jobId": job}
    shown = (await http.get(f"/api/jobs/{job}")).json()
    assert (shown["epoch"], shown["status"], shown["step"]) == (2, "pending", "uploading")
    assert (shown["progress"], shown["issues"], shown["languages"]) == (0, [], ["es"])
    assert shown["cancel_requested_at"] is shown["completed_at"] is shown["error_message"] is None
    body = await db.fetchval("select body from outbox order by created_at desc limit 1")
    assert orjson.loads(body)["epoch"] == 2
    assert orjson.loads(body)["languages"] == ["es"]


async def test_polling_is_cheap_where_nothing_changed(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    job = await process(http, await uploaded(http), "es")
    for unit, state, expected in (
        ("window/10", 0, None),
        ("window/9", 2, None),
        ("job", 1, None),
        ("cancel", 4, None),
        ("transcription", 1, 11),
    ):
        detail: dict[str, Any] = {"expected": expected, "languages": [], "reason": ""}
        await db.execute(
            """insert into job_steps (job_id, epoch, unit, state, detail)
               values ($1, 1, $2, $3, $4)""",
            UUID(job),
            unit,
            state,
            orjson.dumps(detail).decode(),
        )
    first = await http.get(f"/api/jobs/{job}")
    assert first.json()["video_title"] == "talk"
    assert first.headers["retry-after"] == "2"
    steps = [(one["unit"], one["state"], one["expected"]) for one in first.json()["steps"]]
    assert steps == [
        ("job", "running", None),
        ("transcription", "running", 11),
        ("window/9", "waiting_quota", None),
        ("window/10", "waiting", None),
    ]
    known = {"If-None-Match": first.headers["etag"]}
    same = await http.get(f"/api/jobs/{job}", headers=known)
    assert (same.status_code, same.content) == (304, b"")
    await db.execute("update processing_jobs set progress = 0.3, status = 'processing'")
    changed = await http.get(f"/api/jobs/{job}", headers=known)
    assert changed.json()["progress"] == 0.3
    (listed,) = (await http.get("/api/jobs", params={"limit": 1})).json()["items"]
    assert (listed["id"], listed["video_title"]) == (job, "talk")


async def _alive(address: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=address) as http:
            return (await http.get("/livez")).status_code == 200
    except httpx.ConnectError:
        return False


async def test_a_killed_gateways_event_is_published_by_the_next_one(
    dsn: str, db: asyncpg.Connection, amqp_url: str, tmp_path: Path
) -> None:
    # The first one cannot reach a broker: it dies for certain before it has published.
    with gateway_process(NOWHERE, dsn, tmp_path) as (address, running):
        await eventually(lambda: _alive(address))
        async with httpx.AsyncClient(base_url=address) as http:
            job = await process(http, await uploaded(http), "es")
        running.send_signal(signal.SIGKILL)
        await asyncio.to_thread(running.wait, PATIENCE)
    unpublished = "select count(*) from outbox where job_id = $1 and published_at is null"
    assert await db.fetchval(unpublished, UUID(job)) == 1
    await topology.declare(amqp_url)
    with gateway_process(amqp_url, dsn, tmp_path) as (address, running):
        await eventually(lambda: _alive(address))

        async def published() -> bool:
            return bool(await db.fetchval(unpublished, UUID(job)) == 0)

        await eventually(published, 60)
        running.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.wait, PATIENCE)
        assert running.returncode in (0, -signal.SIGTERM)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        queue = await (await connection.channel()).get_queue(work_queue(Service.TRANSCRIBER))
        message = await queue.get(no_ack=True)
    assert message is not None
    assert message.correlation_id == job
