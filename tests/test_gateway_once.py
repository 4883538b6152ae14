"""Requests that are repeated, and a broker that is away: one job each, and none is lost."""

import asyncio
import uuid
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.local.processes import free_ports
from shared import topology
from tests.support import servers
from tests.support.gateway import Start, eventually, film, health, problem, uploaded
from tests.support.services import Services

pytestmark = pytest.mark.integration


async def test_fifty_at_once_with_one_key_make_one_job_and_one_event(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    video = await uploaded(http)
    # With `force` each would make a job of its own.
    wish = {"videoId": video, "languages": ["es"], "force": True}
    headers = {"Idempotency-Key": "one wish"}

    async def ask() -> httpx.Response:
        return await http.post("/api/videos/process", json=wish, headers=headers)

    answers = await asyncio.gather(*(ask() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await db.fetchval("select count(*) from processing_jobs") == 1
    assert await db.fetchval("select count(*) from outbox") == 1
    changed = wish | {"languages": ["fr"]}
    reused = await http.post("/api/videos/process", json=changed, headers=headers)
    assert problem(reused, 422)["type"].endswith("idempotency-key-reused")
    other = await http.post("/api/videos/process", json=wish, headers={"Idempotency-Key": "two"})
    assert other.json() != answers[0].json()


async def test_every_post_that_creates_is_answered_once(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    (project,) = (await http.get("/api/projects")).json()["items"]
    key = {"Idempotency-Key": "k" * 255}
    for n, (path, body) in enumerate(
        (
            ("/api/projects", {"name": "P"}),
            ("/api/videos", {"filename": "a.mp4", "size_bytes": 3}),
            (f"/api/projects/{project['id']}/webhooks", {"url": "https://192.0.2.1/x"}),
        )
    ):
        if "webhooks" in path:
            # A documentation address: public enough to be refused as no public one.
            problem(await http.post(path, json=body, headers=key), 422)
            continue
        mine = {"Idempotency-Key": f"key {n}"}
        first = await http.post(path, json=body, headers=mine)
        again = await http.post(path, json=body, headers=mine)
        assert (first.status_code, first.text) == (201, again.text)
        assert first.headers["location"] == again.headers["location"]
        # The key of another operation.
        reused = await http.post("/api/projects", json={"name": "Q"}, headers=mine)
        assert problem(reused, 422)["type"].endswith("idempotency-key-reused")
    assert await db.fetchval("select count(*) from videos") == 1
    problem(
        await http.post("/api/projects", json={"name": "P"}, headers={"Idempotency-Key": ""}), 422
    )


async def test_a_refused_request_leaves_its_key_free(http: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "again"}
    body = {"filename": "a.mp4", "size_bytes": 3, "project_id": str(uuid.uuid4())}
    problem(await http.post("/api/videos", json=body, headers=key), 404)
    right = {"filename": "a.mp4", "size_bytes": 3}
    assert (await http.post("/api/videos", json=right, headers=key)).status_code == 201


async def test_ten_jobs_accepted_without_a_broker_complete_when_it_is_back(  # noqa: PLR0913, PLR0917 - all real
    start: Start,
    db: asyncpg.Connection,
    dsn: str,
    node: servers.Node,
    amqp_url: str,
    tmp_path: Path,
) -> None:
    await topology.declare(amqp_url)
    workers = Services({"AMQP_URL": amqp_url, "DATABASE_URL": dsn, "STORAGE_DIR": str(tmp_path)})
    (port,) = free_ports(1)
    async with start(amqp_url, health_port=port) as http:

        async def connected() -> bool:
            return bool((await health(port))["broker"] == "connected")

        await eventually(connected)
        videos = [await uploaded(http, film() + bytes([n])) for n in range(10)]
        node.halt()
        try:
            wishes = [{"videoId": video} for video in videos]
            answers = [await http.post("/api/videos/process", json=wish) for wish in wishes]
            assert {answer.status_code for answer in answers} == {202}
            assert await db.fetchval("select count(*) from outbox where published_at is null") == 10
        finally:
            node.resume()
        await workers.start()
        try:

            async def complete() -> bool:
                done = "select count(*) from processing_jobs where status = 'completed'"
                return bool(await db.fetchval(done) == 10)

            await eventually(complete, patience=90)
        finally:
            await workers.stop()
