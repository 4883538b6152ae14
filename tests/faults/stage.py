"""A stage for one fault: services, jobs, a watch over them, and the verdict at the end."""

import asyncio
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import asyncpg

from shared.definitions import queues
from shared.routes import CONSUMERS, Service
from tests.faults.door import Door
from tests.faults.patience import FOREVER, LOOK, until
from tests.faults.proxy import Proxy
from tests.faults.replicas import Replica
from tests.faults.script import Book, Script
from tests.faults.servers import Servers
from tests.faults.verdict import Expected, Verdict, judged, quietly, remember_falls

_ENDED = {"completed", "failed", "cancelled"}
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Stage:
    """One fault's world: a database and a virtual host that nobody else uses.

    `proxied` puts a proxy before each server; both are there from the start.
    """

    def __init__(self, servers: Servers, amqp_url: str, dsn: str, folder: Path) -> None:
        self.servers = servers
        self.amqp_url = amqp_url
        self.dsn = dsn
        self.folder = folder
        self.script = Script(str(folder / "calls.jsonl"))
        self.book = Book(folder / "calls.jsonl")
        self.environment: dict[str, str] = {"LEASE_SECONDS": "3", "PREFETCH": "8"}
        self.replicas: list[Replica] = []
        self.door = Door(amqp_url, dsn, folder)
        self.proxies: tuple[Proxy, ...] = ()
        self._relaying: asyncio.Task[None] | None = None
        self._begun = time.monotonic()
        self._left: dict[str, int] = {}
        self._urls = {"AMQP_URL": amqp_url, "DATABASE_URL": dsn}

    async def prepare(self) -> None:
        """Let the database remember falls."""
        db = await self._connected()
        await remember_falls(db)
        await db.close()

    async def proxied(self, *, heartbeat: int | None = None) -> tuple[Proxy, Proxy]:
        """Put proxies before broker and database; `heartbeat` is the broker's, in seconds."""
        amqp, database = Proxy(*address(self.amqp_url)), Proxy(*address(self.dsn))
        await amqp.start()
        await database.start()
        self.proxies = (amqp, database)
        query = "" if heartbeat is None else f"heartbeat={heartbeat}"
        self._urls = {
            "AMQP_URL": through(self.amqp_url, amqp.port, query),
            "DATABASE_URL": through(self.dsn, database.port),
        }
        return amqp, database

    async def start(self, *services: Service, script: Script | None = None) -> list[Replica]:
        """Start a replica of each of the services, by default of all four workers."""
        environment = {**self.environment, **self._urls, "STORAGE_DIR": str(self.folder)}
        started = [
            Replica(service, script or self.script, environment, self.folder)
            for service in services or CONSUMERS
        ]
        for replica in started:
            await replica.start()
        self.replicas += started
        if self.script.still is not None and self._relaying is None:
            self._relaying = asyncio.create_task(self.door.relay())
        return started

    async def watched(self) -> None:
        """Watch every job to its end as a poller does: progress never falls before its eyes."""
        seen: dict[Any, tuple[float, str]] = {}
        async with asyncio.timeout(FOREVER):
            while True:
                rows = await self._polled()
                for row in rows or []:
                    progress, status = seen.get(row["id"], (0.0, "pending"))
                    assert row["progress"] >= progress, (row["id"], progress, row["progress"])
                    assert status not in _ENDED or status == row["status"]
                    seen[row["id"]] = row["progress"], row["status"]
                if rows and all(row["status"] in _ENDED for row in rows):
                    return
                await asyncio.sleep(LOOK)

    async def _polled(self) -> list[asyncpg.Record] | None:
        try:
            db = await self._connected()
            try:
                return await db.fetch("select id, status, progress from processing_jobs")
            finally:
                db.terminate()
        except _AWAY:
            return None  # the database is being restarted

    async def verdict(self, fault: str, expected: Expected | None = None) -> Verdict:
        """Wait for quiet, end the services, and hold all that was promised against the rows."""
        explained = expected or Expected()
        await self._calm()
        # The others first: progress digests what they say last.
        await self._end([one for one in self.replicas if one.service is not Service.PROGRESS])
        await self._calm()
        await self._end(self.replicas)
        depths = await self.depths()
        assert {name: depth for name, depth in depths.items() if depth} == dict(explained.dead)
        quietly(self.replicas, explained)
        db = await self._connected()
        counts = await judged(db, self.book.lines(), explained)
        await db.close()
        return Verdict(
            fault,
            *counts,
            allowed=explained.unknown,
            killed=sum(one.deaths for one in self.replicas),
            dead=sum(explained.dead.values()),
            seconds=round(time.monotonic() - self._begun, 1),
        )

    @staticmethod
    async def _end(leaving: Sequence[Replica]) -> None:
        for replica, status in zip(
            leaving, await asyncio.gather(*(one.end() for one in leaving)), strict=True
        ):
            # uvicorn hands the signal that ended it on to the process.
            good = {0, -signal.SIGTERM} if replica.service is Service.GATEWAY else {0}
            assert status in good, f"{replica.service} ended with {status}"

    async def _calm(self) -> None:
        try:
            await until(self._quiet)
        except TimeoutError as error:
            message = f"left after {FOREVER} s: {self._left}"
            raise AssertionError(message) from error

    async def _quiet(self) -> bool:
        depths = await self.depths()
        db = await self._connected()
        left = await db.fetchval("select count(*) from outbox where published_at is null")
        await db.close()
        self._left = {
            name: depth
            for name, depth in {**depths, "outbox": left}.items()
            if depth and ".dead" not in name
        }
        return not self._left

    async def depths(self) -> dict[str, int]:
        """Return how many messages each queue has ready."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection:
            channel = await connection.channel()
            found = {}
            for one in queues():
                queue = await channel.declare_queue(one["name"], passive=True)
                found[one["name"]] = queue.declaration_result.message_count or 0
            return found

    async def empty(self, queue: str) -> int:
        """Empty a queue; return how many messages it held."""
        async with await aio_pika.connect(self.amqp_url) as connection:
            channel = await connection.channel()
            found = await (await channel.get_queue(queue)).purge()
            return found.message_count or 0

    async def calls(self, count: int, service: Service | None = None) -> None:
        """Wait until so many calls have begun."""

        async def reached() -> bool:
            begun = [one for one in self.book.lines() if one.what == "begun"]
            return sum(service in {None, one.service} for one in begun) >= count

        await until(reached)

    async def close(self) -> None:
        """Leave nothing running."""
        for replica in self.replicas:
            await replica.end()
        for proxy in self.proxies:
            await proxy.stop()
        if self._relaying is not None:
            self._relaying.cancel()
            await asyncio.gather(self._relaying, return_exceptions=True)

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.dsn)


def address(url: str) -> tuple[str, int]:
    """Return the host and port of a server's URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def through(url: str, port: int, query: str = "") -> str:
    """Return the URL that leads through a proxy on `port`."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}", query=query))
