"""The database port on both of its adapters: PostgreSQL, and the simulation's world in memory."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import astuple, replace
from typing import Any, Protocol
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from deploy.migrate import migrate
from services.docgen.rows import PostgresRows as DocgenPostgres
from services.gateway.models.subtitle_files import SubtitleFile as Told
from services.gateway.queries import jobs as door
from services.gateway.queries import subtitle_files
from services.gateway.queries.jobs import Material
from services.gateway.queries.subtitle_files import Stored
from services.progress.rows import PostgresRows as ProgressPostgres
from services.transcriber.ports import SubtitleFile
from services.transcriber.rows import PostgresRows as TranscriberPostgres
from services.translator.rows import PostgresRows as TranslatorPostgres
from shared.database import Database, UnitOfWork
from shared.events import Event, TranscriptionRequested
from shared.postgres.database import PostgresDatabase
from shared.postgres.statements import Statements
from shared.routes import Service
from simulation.door import DoorRows
from simulation.ledger import MemoryLedger, MemoryOutbox
from simulation.process import Process
from simulation.rows.docgen import DocgenRows
from simulation.rows.progress import ProgressRows
from simulation.rows.tables import video_status
from simulation.rows.transcriber import TranscriberRows
from simulation.rows.translator import TranslatorRows
from simulation.world import MemoryDatabase, Video, View, World
from tests.support import servers


class PostgresDoor:
    """The gateway's statements as methods, as the simulation has them."""

    def __init__(self, db: Statements) -> None:
        self._db = db

    async def create(self, video_id: UUID, languages: tuple[str, ...]) -> Event:
        project = await self._db.fetchval("select project_id from videos where id = $1", video_id)
        material = Material(project, "en", "x", 1, True, None, None, "offline", None)  # noqa: FBT003
        return await door.create(self._db, video_id, material, list(languages))

    async def cancel(self, job_id: UUID) -> Event | None:
        return await door.cancel(self._db, job_id)

    async def retry(self, job_id: UUID) -> Event | None:
        return await door.retry(self._db, job_id)


class MemoryDoor(DoorRows):
    """The simulation's door; it chooses a job's id as the database does."""

    async def create(self, video_id: UUID, languages: tuple[str, ...]) -> Event:  # type: ignore[override]
        return await super().create(uuid4(), video_id, languages)


class Stage(Protocol):
    """A database with a project and a video, and what tests do to it behind the port's back."""

    video: UUID
    project: UUID

    def database(self, service: Service) -> Database[Any]:
        """Return the port with a service's rows."""

    async def review(self, article_id: UUID) -> None:
        """Put an article in review."""

    async def upload(self, path: str | None) -> None:
        """Say where the video lies."""

    async def refuse(self, reason: str) -> None:
        """Say why the video's file cannot be processed."""

    async def status(self) -> tuple[str, str | None]:
        """Return the video's status, and why where it is `failed`."""

    async def give_subtitles(self, file: SubtitleFile) -> None:
        """Give subtitles with the video, as the gateway notes them."""


class PostgresStage:
    """On PostgreSQL."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.project, self.video = uuid4(), uuid4()

    async def prepare(self) -> None:
        org = uuid4()
        await self._pool.execute("insert into organizations (id, name) values ($1, 'A')", org)
        await self._pool.execute(
            "insert into projects (id, org_id, name) values ($1, $2, 'P')", self.project, org
        )
        await self._pool.execute(
            "insert into videos (id, project_id, title, filename) values ($1, $2, 'V', 'v.mp4')",
            self.video,
            self.project,
        )

    def database(self, service: Service) -> Database[Any]:
        rows: dict[Service, Callable[[Statements], Any]] = {
            Service.GATEWAY: PostgresDoor,
            Service.TRANSCRIBER: TranscriberPostgres,
            Service.DOCGEN: DocgenPostgres,
            Service.TRANSLATOR: TranslatorPostgres,
            Service.PROGRESS: ProgressPostgres,
        }
        return PostgresDatabase(self._pool, rows[service])

    async def review(self, article_id: UUID) -> None:
        await self._pool.execute(
            "update articles set status = 'in_review' where id = $1", article_id
        )

    async def upload(self, path: str | None) -> None:
        await self._pool.execute("update videos set storage_path = $1", path)

    async def refuse(self, reason: str) -> None:
        await self._pool.execute("update videos set refusal = $1", reason)

    async def status(self) -> tuple[str, str | None]:
        row = await self._pool.fetchrow("select status, error_message from videos")
        assert row is not None
        return row["status"], row["error_message"]

    async def give_subtitles(self, file: SubtitleFile) -> None:
        cues = orjson.dumps([astuple(cue) for cue in file.cues]).decode()
        told = Told(filename="a.srt", language=None, cues=len(file.cues))
        async with self._pool.acquire() as db:
            await subtitle_files.save(db, self.video, Stored(told, "a", file.digest, cues))


class MemoryStage:
    """On the simulation's world."""

    def __init__(self) -> None:
        self._world = World(asyncio.get_running_loop().time)
        self._chance = random.Random(1)  # noqa: S311 - a seed, not a secret
        self._process = Process("test", self._chance)
        self.project, self.video = uuid4(), uuid4()
        self._world.tables.projects[self.project] = "en"
        self._world.tables.videos[self.video] = Video(self.project, None)

    def database(self, service: Service) -> Database[Any]:
        rows: dict[Service, Callable[[View], Any]] = {
            Service.GATEWAY: MemoryDoor,
            Service.TRANSCRIBER: TranscriberRows,
            Service.DOCGEN: DocgenRows,
            Service.TRANSLATOR: TranslatorRows,
            Service.PROGRESS: ProgressRows,
        }

        def bind(view: View) -> UnitOfWork[Any]:
            return UnitOfWork(MemoryLedger(view), MemoryOutbox(view), rows[service](view))

        return MemoryDatabase(self._world, self._process, bind, self._chance)

    async def review(self, article_id: UUID) -> None:
        article, _ = self._world.tables.articles[article_id]
        self._world.tables.articles[article_id] = (article, "in_review")

    async def upload(self, path: str | None) -> None:
        videos = self._world.tables.videos
        videos[self.video] = replace(videos[self.video], storage_path=path)

    async def refuse(self, reason: str) -> None:
        videos = self._world.tables.videos
        videos[self.video] = replace(videos[self.video], refusal=reason)

    async def status(self) -> tuple[str, str | None]:
        return video_status(self._world.tables, self.video)

    async def give_subtitles(self, file: SubtitleFile) -> None:
        videos = self._world.tables.videos
        videos[self.video] = replace(videos[self.video], subtitle_file=file)


@pytest.fixture(params=["postgres", "memory"])
def server(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A migrated database that nobody else uses, or none for the world in memory."""
    if request.param == "memory":
        yield None
        return
    with servers.own_database(request.getfixturevalue("postgres")) as url:
        servers.run_alone(migrate(url))
        yield url


@pytest.fixture
async def stage(server: str | None) -> AsyncIterator[Stage]:
    if server is None:
        yield MemoryStage()
        return
    async with asyncpg.create_pool(server, min_size=1, max_size=10) as pool:
        found = PostgresStage(pool)
        await found.prepare()
        yield found


@pytest.fixture
async def window(stage: Stage) -> TranscriptionRequested:
    """The first of two windows of a new job."""
    async with stage.database(Service.GATEWAY).transaction() as work:
        begun = await work.rows.create(stage.video, ("es",))
    return TranscriptionRequested.following(
        begun, unit="window/0", window=0, windows=2, start=0, end=9
    )
