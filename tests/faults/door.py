"""What the gateway does, without HTTP: jobs are accepted, and their events published."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import asyncpg

from shared.amqp import RabbitMQ
from shared.errors import DocreelError
from shared.events import Event, VideoProcess
from shared.postgres.database import PostgresDatabase
from shared.postgres.outbox import PostgresOutbox
from shared.postgres.pool import pool
from shared.relay import relay_once
from shared.routes import Service, decode
from tests.faults.patience import until
from tests.support.services import accepted

LANGUAGES = ("es", "ja")


class Door:
    """Accepts jobs, each about a video of its own, which is a file in `folder`."""

    def __init__(self, amqp_url: str, dsn: str, folder: Path) -> None:
        self._amqp_url = amqp_url
        self._dsn = dsn
        self._folder = folder
        self.jobs: list[VideoProcess] = []

    async def accept(self, count: int, languages: tuple[str, ...] = LANGUAGES) -> None:
        """Accept jobs, each about a video of its own, and publish their events."""
        db = await self._connected()
        made: list[VideoProcess] = []
        for _ in range(count):
            number = len(self.jobs) + len(made)
            (self._folder / f"talk-{number}.mp4").write_text(f"talk {number}")
            made.append(await accepted(db, f"talk-{number}.mp4", languages))
        await db.close()
        self.jobs += made
        await self.publish(made)

    async def videos(self, count: int) -> list[UUID]:
        """Add videos to the project that the gateway makes at its start; return their ids.

        They count as looked at: what they hold is for scripted engines, and no film.
        """
        db = await self._connected()

        async def there() -> bool:
            return bool(await db.fetchval("select count(*) from projects"))

        await until(there)
        made = []
        for number in range(count):
            (self._folder / f"talk-{number}.mp4").write_text(f"talk {number}")
            made.append(
                await db.fetchval(
                    """insert into videos (project_id, title, filename, storage_path, probed_at)
                       select id, $1, $1, $1, now() from projects returning id""",
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
        gateway = RabbitMQ(self._amqp_url, Service.GATEWAY)
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

    async def relay(self) -> None:
        """Relay as the gateway does, for ever: what a reaper sets free is published again."""
        broker = RabbitMQ(self._amqp_url, Service.GATEWAY)
        await broker.connect()
        try:
            async with pool(self._dsn, size=2) as connections:
                database = PostgresDatabase(connections, lambda _: None)
                while True:
                    with suppress(DocreelError):
                        await relay_once(database, broker, Service.GATEWAY, 0.5)
                    await asyncio.sleep(0.5)
        finally:
            await broker.close()

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self._dsn)
