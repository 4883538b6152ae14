"""A stage for one fault: services, jobs, a watch over them, and the verdict at the end."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import aio_pika
import asyncpg

from shared.amqp import RabbitMQ
from shared.definitions import queues
from shared.events import Event, VideoProcess
from shared.postgres.outbox import PostgresOutbox
from shared.routes import CONSUMERS, Service, decode
from tests.faults.proxy import Proxy
from tests.faults.replicas import Replica
from tests.faults.script import Book, Script
from tests.faults.servers import Servers
from tests.support.services import accepted

LANGUAGES = ("es", "ja")
_ENDED = {"completed", "failed", "cancelled"}
_FOREVER = 120.0  # seconds in which every job must have ended, and every queue be empty
_LOOK = 0.1
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

# The database's own memory of progress that fell and of endings that did not last: no poller
# could see them all.
_FALLS = """
create table falls (was text, now text);
create function note_fall() returns trigger language plpgsql security definer as $$
begin
  insert into public.falls values (old.status || ' ' || old.progress,
                                   new.status || ' ' || new.progress);
  return null;
end $$;
create trigger falls after update on processing_jobs for each row
  when (new.epoch = old.epoch and (new.progress < old.progress or
        (old.status in ('completed', 'failed', 'cancelled') and new.status <> old.status)))
  execute function note_fall();
"""

_MADE = {
    "videos": "id, vtt_content, vtt_languages, duration",
    "video_segments": """id, video_id, "order", start_time, end_time, spoken_content,
                         visual_context, confidence, engine""",
    "chapters": """id, video_id, slug, title, description, "order", start_time, end_time,
                   segments""",
    "articles": "id, chapter_id, language, slug, title, content_json, content_text, status",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a fault explains: calls whose answer is lost, dead letters by queue, revived jobs."""

    unknown: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    revived: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a fault, as the table shows it."""

    fault: str
    jobs: int
    units: int
    calls: int
    failed: int
    unknown: int
    allowed: int
    deaths: int
    dead: int
    seconds: float


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
        self.jobs: list[VideoProcess] = []
        self.proxies: tuple[Proxy, ...] = ()
        self._begun = time.monotonic()
        self._urls = {"AMQP_URL": amqp_url, "DATABASE_URL": dsn}

    async def prepare(self) -> None:
        """Let the database remember falls."""
        db = await self._connected()
        await db.execute(_FALLS)
        await db.close()

    async def proxied(self, *, heartbeat: int | None = None) -> tuple[Proxy, Proxy]:
        """Put proxies before broker and database; `heartbeat` is the broker's, in seconds."""
        amqp, database = Proxy(*_place(self.amqp_url)), Proxy(*_place(self.dsn))
        await amqp.start()
        await database.start()
        self.proxies = (amqp, database)
        query = "" if heartbeat is None else f"heartbeat={heartbeat}"
        self._urls = {
            "AMQP_URL": _through(self.amqp_url, amqp.port, query),
            "DATABASE_URL": _through(self.dsn, database.port),
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
        return started

    async def accept(self, count: int, languages: tuple[str, ...] = LANGUAGES) -> None:
        """Accept jobs, each about a video of its own, and publish their events."""
        db = await self._connected()
        made: list[VideoProcess] = []
        for _ in range(count):
            number = len(self.jobs) + len(made)
            (self.folder / f"talk-{number}.mp4").write_text(f"talk {number}")
            made.append(await accepted(db, f"talk-{number}.mp4", languages))
        await db.close()
        self.jobs += made
        await self.publish(made)

    async def videos(self, count: int) -> list[UUID]:
        """Add videos to the project that the gateway makes at its start; return their ids."""
        db = await self._connected()

        async def there() -> bool:
            return bool(await db.fetchval("select count(*) from projects"))

        await until(there)
        made = []
        for number in range(count):
            (self.folder / f"talk-{number}.mp4").write_text(f"talk {number}")
            made.append(
                await db.fetchval(
                    """insert into videos (project_id, title, filename, storage_path)
                       select id, $1, $1, $1 from projects returning id""",
                    f"talk-{number}.mp4",
                )
            )
        await db.close()
        return made

    async def again(self, count: int) -> None:
        """Accept further jobs about the first job's video, all at once."""
        first = self.jobs[0]
        made = []
        db = await self._connected()
        for _ in range(count):
            job = await db.fetchval(
                """insert into processing_jobs (project_id, video_id, languages)
                   values ($1, $2, $3) returning id""",
                first.project_id,
                first.video_id,
                list(first.languages),
            )
            event = VideoProcess.of(
                job_id=job,
                project_id=first.project_id,
                video_id=first.video_id,
                unit="job",
                languages=first.languages,
            )
            await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
            made.append(event)
        await db.close()
        self.jobs += made
        await self.publish(made)

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish events as the gateway does."""
        gateway = RabbitMQ(self.amqp_url, Service.GATEWAY)
        await gateway.connect()
        await gateway.publish(events)
        await gateway.close()
        db = await self._connected()
        await PostgresOutbox(db).published([event.id for event in events])
        await db.close()

    async def outbox(self) -> list[Event]:
        """Return every event that any service has posted."""
        db = await self._connected()
        rows = await db.fetch("select kind, body from outbox")
        await db.close()
        return [decode(row["kind"], row["body"]) for row in rows]

    async def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return all that the services have made, but for when."""
        db = await self._connected()
        found = {
            table: [
                tuple(row)
                for row in await db.fetch(
                    f"select {columns} from {table} order by 1"  # noqa: S608 - our own constants
                )
            ]
            for table, columns in _MADE.items()
        }
        await db.close()
        return found

    async def forget(self) -> None:
        """Remove all that the services have made, and what they keep by content."""
        db = await self._connected()
        await db.execute(
            """update videos set vtt_content = null, vtt_languages = '{}', duration = null;
               delete from chapters; delete from video_segments; delete from ai_results"""
        )
        await db.close()

    async def watched(self) -> None:
        """Watch every job to its end as a poller does: progress never falls before its eyes."""
        seen: dict[Any, tuple[float, str]] = {}
        async with asyncio.timeout(_FOREVER):
            while True:
                rows = await self._polled()
                for row in rows or []:
                    progress, status = seen.get(row["id"], (0.0, "pending"))
                    assert row["progress"] >= progress, (row["id"], progress, row["progress"])
                    assert status not in _ENDED or status == row["status"]
                    seen[row["id"]] = row["progress"], row["status"]
                if rows and all(row["status"] in _ENDED for row in rows):
                    return
                await asyncio.sleep(_LOOK)

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
        await until(self._quiet)
        assert await self._ended([Service.PROGRESS], but=True)
        await until(self._quiet)
        assert await self._ended([Service.PROGRESS])
        await self._assert_queues(explained.dead)
        db = await self._connected()
        try:
            return await self._judged(db, fault, explained)
        finally:
            await db.close()

    async def _ended(self, services: list[Service], *, but: bool = False) -> bool:
        leaving = [one for one in self.replicas if (one.service in services) is not but]
        self.left = [one for one in self.replicas if one not in leaving]
        statuses = await asyncio.gather(*(one.end() for one in leaving))
        assert statuses == [0] * len(leaving), [(one.service) for one in leaving]
        return True

    async def _judged(self, db: asyncpg.Connection, fault: str, explained: Expected) -> Verdict:
        rows = await db.fetch("select status, error_message, issues from processing_jobs")
        assert {tuple(row) for row in rows} == {("completed", None, "[]")}
        assert await db.fetch("select was, now from falls") == []
        assert await db.fetchval("select count(*) from outbox where published_at is null") == 0
        units = await db.fetch(
            "select job_id::text, epoch, unit, state, unknown_calls from work_units"
        )
        assert {row["state"] for row in units} == {"done"}
        lines = self.book.lines()
        begun = Counter((one.job, one.epoch, one.unit) for one in lines if one.what == "begun")
        failed = Counter((one.job, one.epoch, one.unit) for one in lines if one.what == "failed")
        for row in units:
            key = (row["job_id"], row["epoch"], row["unit"])
            paid = begun[key] - failed[key]
            assert 1 <= paid <= 1 + row["unknown_calls"], (key, paid, row["unknown_calls"])
        assert set(begun) == {(row["job_id"], row["epoch"], row["unit"]) for row in units}
        unknown = sum(row["unknown_calls"] for row in units)
        assert unknown <= explained.unknown, f"{unknown} calls are unknown"
        assert explained.revived or not self._logged("job_revived")
        assert not self._logged("handler_failed")
        assert not self._logged("unit_failed")
        return Verdict(
            fault,
            len(rows),
            len(units),
            begun.total(),
            failed.total(),
            unknown,
            explained.unknown,
            sum(one.deaths for one in self.replicas),
            sum(explained.dead.values()),
            round(time.monotonic() - self._begun, 1),
        )

    def _logged(self, event: str) -> int:
        logs = {one.log: one for one in self.replicas}
        return sum(one.logged(event) for one in logs.values())

    async def _quiet(self) -> bool:
        depths = await self.depths()
        db = await self._connected()
        left = await db.fetchval("select count(*) from outbox where published_at is null")
        await db.close()
        return left == 0 and not any(
            depth for name, depth in depths.items() if ".work" in name or ".retry." in name
        )

    async def _assert_queues(self, dead: Mapping[str, int]) -> None:
        depths = await self.depths()
        assert {name: depth for name, depth in depths.items() if depth} == dict(dead)

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

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.dsn)


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = _FOREVER) -> None:
    """Wait until something holds, twice in a row."""
    async with asyncio.timeout(seconds):
        held = 0
        while held < 2:
            held = held + 1 if await reached() else 0
            await asyncio.sleep(_LOOK)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _through(url: str, port: int, query: str = "") -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}", query=query))
