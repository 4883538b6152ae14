"""The operations page's API on a real broker: counts, dead letters and their way back to work."""

from typing import Any

import aio_pika
import asyncpg
import httpx
import pytest

from shared import topology
from shared.routes import RUNGS, Service, dead_queue, retry_queue, work_queue
from tests.support import servers
from tests.support.gateway import Start, eventually, own_rows, problem

pytestmark = pytest.mark.integration


async def put(amqp_url: str, queue: str, count: int = 1) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for n in range(count):
            message = aio_pika.Message(
                b"{}",
                type="article.requested",
                correlation_id=f"job {n}",
                message_id=f"m{n}",
                headers={"reason": f"reason {n}"},
            )
            await channel.default_exchange.publish(message, queue)


async def held(_: Any) -> None:
    """Take a message, and neither ack it nor give it back."""


async def of_docgen(http: httpx.AsyncClient) -> dict[str, Any]:
    shown = (await http.get("/api/operations")).json()
    assert shown["broker"] == "connected"
    found: dict[str, Any] = next(one for one in shown["queues"] if one["service"] == "docgen")
    return found


@pytest.mark.parametrize("by_management", [True, False])
async def test_queues_are_counted(
    start: Start, node: servers.Node, amqp_url: str, *, by_management: bool
) -> None:
    await topology.declare(amqp_url)
    management = node.management_url.replace("://", "://guest:guest@")
    more = {"amqp_management_url": management} if by_management else {}
    async with start(amqp_url, **more) as http:
        await put(amqp_url, work_queue(Service.DOCGEN), 3)
        await put(amqp_url, dead_queue(Service.DOCGEN), 2)
        await put(amqp_url, retry_queue(Service.DOCGEN, list(RUNGS)[-1]))
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=1)
            queue = await channel.get_queue(work_queue(Service.DOCGEN))
            await queue.consume(held)
            expected: dict[str, int | None]
            expected = {"waiting": 2, "dead": 2, "delayed": 1, "consumers": 1}
            # By AMQP nobody tells what is in a worker's hands.
            expected |= {"unacked": 1 if by_management else None}

            async def counted() -> bool:
                found = await of_docgen(http)
                return {name: found[name] for name in expected} == expected

            await eventually(counted)


async def test_dead_letters_are_shown_and_put_back_to_work(start: Start, amqp_url: str) -> None:
    await topology.declare(amqp_url)
    async with start(amqp_url) as http:
        await put(amqp_url, dead_queue(Service.DOCGEN), 2)
        for _ in range(2):  # they stay where they are
            shown = (await http.get("/api/operations/dead/docgen")).json()
            assert [(one["job_id"], one["reason"], one["kind"]) for one in shown] == [
                ("job 0", "reason 0", "article.requested"),
                ("job 1", "reason 1", "article.requested"),
            ]
        back = await http.post("/api/operations/dead/docgen/redrive")
        assert back.json() == {"service": "docgen", "count": 2}
        assert (await http.get("/api/operations/dead/docgen")).json() == []
        assert (await of_docgen(http))["waiting"] == 2
        problem(await http.get("/api/operations/dead/gateway"), 404)


async def test_paid_work_jobs_and_the_outbox_are_counted(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    for unit, state in (("a", "running"), ("b", "waiting"), ("c", "failed"), ("d", "done")):
        await db.execute(
            """insert into work_units (job_id, epoch, unit, service, state, owner, fence,
                 lease_until, updated_at)
               values ($1, 1, $2, 'docgen', $3, 'x', 1, now(), now() - interval '1 minute')""",
            ids["job"],
            unit,
            state,
        )
    await db.execute(
        """insert into outbox (id, job_id, service, cause, epoch, kind, body, created_at)
           values (gen_random_uuid(), $1, 'docgen', 'a', 1, 'x', '',
                   now() - interval '1 minute')""",
        ids["job"],
    )
    shown = (await http.get("/api/operations")).json()
    docgen = next(one for one in shown["queues"] if one["service"] == "docgen")
    assert (docgen["units_running"], docgen["units_waiting"]) == (1, 1)
    assert docgen["units_failed_today"] == 1
    assert 55 < docgen["oldest_unit_seconds"] < 90
    assert shown["jobs"] == {
        "pending": 1,
        "processing": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
    }
    assert shown["outbox"]["unpublished"] == 1
    assert 55 < shown["outbox"]["oldest_seconds"] < 90
    # Without a broker its counts are not known, and said not to be.
    assert shown["broker"] != "connected"
    assert docgen["waiting"] is None


async def test_who_runs_nothing_sees_nothing(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    await db.execute("delete from operators")
    for method, path in (
        ("GET", "/api/operations"),
        ("GET", "/api/operations/dead/docgen"),
        ("POST", "/api/operations/dead/docgen/redrive"),
    ):
        told = problem(await http.request(method, path), 403)
        assert told["type"].endswith("operators-only")
