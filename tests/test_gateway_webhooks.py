"""Webhooks: signed, tried again, and never sent where only this network reaches."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.deliveries import DELAYS, Deliveries
from services.gateway.destinations import (
    ForbiddenDestinationError,
    checked,
    is_public,
    resolved,
)
from tests.support.gateway import Start, eventually, own_rows, problem

pytestmark = pytest.mark.integration


@dataclass
class Receiver:
    """What a customer runs; answers with `statuses`, then with 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.taken.append((dict(request.headers), await request.body()))
        status = self.statuses.pop(0) if self.statuses else 204
        return Response(status_code=status, headers={"Location": self.url})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook?a=b"
        routes = [Route("/hook", receiver.take, methods=["POST", "GET"])]
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        yield receiver
        server.should_exit = True
        await task


async def ended(db: asyncpg.Connection, job: UUID, status: str = "completed") -> None:
    await db.execute(
        "update processing_jobs set status = $2, issues = '[\"a hole\"]' where id = $1", job, status
    )


async def test_the_end_of_a_job_is_told_signed_and_until_it_is_taken(
    start: Start, db: asyncpg.Connection
) -> None:
    async with receiving() as receiver, start(webhook_private_addresses=True) as http:
        receiver.statuses = [500, 302]
        ids = await own_rows(http, db)
        made = await http.post(
            f"/api/projects/{ids['project']}/webhooks", json={"url": receiver.url}
        )
        assert made.status_code == 201, made.text
        assert made.json()["events"] == ["job.completed", "job.failed"]
        (listed,) = (await http.get(f"/api/projects/{ids['project']}/webhooks")).json()
        assert "secret" not in listed
        await ended(db, ids["job"])
        deliveries = f"/api/webhooks/{made.json()['id']}/deliveries"

        async def state() -> Any:
            (found,) = (await http.get(deliveries)).json()["items"]
            return found

        async def tried(times: int) -> bool:
            found = await state()
            # Its time has come: nobody waits for minutes here.
            await db.execute("update webhook_deliveries set next_at = now() where answer <> ''")
            return bool(found["attempts"] >= times and found["answer"])

        await eventually(lambda: tried(1))
        await eventually(lambda: tried(3))

        async def delivered() -> bool:
            return bool((await state())["state"] == "delivered")

        await eventually(delivered)
        assert (await state())["answer"] == "204"
    assert len(receiver.taken) == 3
    # The same message each time, so that who takes it twice can tell.
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    headers, body = receiver.taken[-1]
    told = Webhook(made.json()["secret"]).verify(body, headers)
    assert told["type"] == "job.completed"
    assert told["data"]["job_id"] == str(ids["job"])
    assert told["data"]["issues"] == ["a hole"]
    assert headers["host"] == httpx.URL(receiver.url).netloc.decode()


async def test_only_what_was_asked_for_is_told(start: Start, db: asyncpg.Connection) -> None:
    async with start(webhook_private_addresses=True) as http:
        ids = await own_rows(http, db)
        url = f"/api/projects/{ids['project']}/webhooks"
        body = {"url": "http://127.0.0.1:1/", "events": ["job.failed"]}
        made = (await http.post(url, json=body)).json()
        await ended(db, ids["job"], "completed")
        assert await db.fetchval("select count(*) from webhook_deliveries") == 0
        await ended(db, ids["job"], "pending")
        await ended(db, ids["job"], "failed")
        # Written again, it ended no second time.
        await ended(db, ids["job"], "failed")
        assert await db.fetchval("select count(*) from webhook_deliveries") == 1
        assert (await http.delete(f"/api/webhooks/{made['id']}")).status_code == 204
        assert await db.fetchval("select count(*) from webhook_deliveries") == 0
        problem(await http.delete(f"/api/webhooks/{made['id']}"), 404)


async def test_what_nobody_takes_is_given_up_after_days(
    http: httpx.AsyncClient, dsn: str, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool, httpx.AsyncClient() as out:
        sending = Deliveries(pool, out, private=True)
        await db.execute(
            """insert into webhooks (project_id, url, events, secret)
               values ($1, 'http://127.0.0.1:1/', '{job.failed}', 'whsec_c2VjcmV0')""",
            ids["project"],
        )
        # Not by the gateway that runs beside: the row is always in the future for it.
        await db.execute("alter table webhook_deliveries alter next_at set default 'infinity'")
        await ended(db, ids["job"], "failed")
        waits = []
        for attempt in range(1, len(DELAYS) + 2):
            await db.execute("update webhook_deliveries set next_at = '2000-01-01'")
            while await db.fetchval("select attempts from webhook_deliveries") < attempt:
                await sending.deliver()
            waits.append(await eventually(lambda: waited(db)))
        assert sum(waits[:-1], timedelta()) > timedelta(days=1)
        assert await db.fetchval("select state from webhook_deliveries") == "failed"


async def waited(db: asyncpg.Connection) -> timedelta | None:
    """How long the next attempt is away, once the last one's outcome is noted."""
    row = await db.fetchrow(
        "select answer, state, next_at - now() as away from webhook_deliveries where answer <> ''"
    )
    await db.execute("update webhook_deliveries set answer = ''")
    return None if row is None else max(row["away"], timedelta(microseconds=1))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - to be refused
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_addresses_of_this_network_are_none_of_the_internets(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
    assert is_public("64:ff9b::5db8:d822")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:word@example.org/",
        "//example.org",
        "https://[::1",
        "gopher://127.0.0.1",
    ],
)
def test_urls_that_no_webhook_has(url: str) -> None:
    with pytest.raises(ForbiddenDestinationError):
        checked(url, private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
    ],
)
async def test_names_of_this_machine_are_refused_when_created_and_when_sent(
    http: httpx.AsyncClient, db: asyncpg.Connection, url: str
) -> None:
    with pytest.raises(ForbiddenDestinationError):
        await resolved(url, private=False)
    ids = await own_rows(http, db)
    refused = await http.post(f"/api/projects/{ids['project']}/webhooks", json={"url": url})
    assert problem(refused, 422)["type"].endswith("webhook-destination")


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    found = await resolved("http://localhost:8080/hook", private=True)
    assert found.pinned.host in {"127.0.0.1", "::1"}
    assert (found.pinned.port, found.pinned.path, found.host) == (8080, "/hook", "localhost")
