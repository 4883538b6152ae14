"""Chapters and articles on a real database, with the sample video and what is heard in it."""

import asyncio
import errno
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import aio_pika
import asyncpg
import orjson
import pytest
from PIL import Image

from services.docgen import pictures
from services.docgen.domain.document import Chapter, Draft, Outline
from services.docgen.domain.document import Segment as Said
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.docgen.offline import LABEL, OfflineWriter
from services.docgen.rows import PostgresRows
from services.transcriber import offline
from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Recording
from shared.amqp import RabbitMQ
from shared.confirmed import ConfirmedEvents
from shared.errors import BlockedError
from shared.events import (
    ArticleRequested,
    ArticleWritten,
    DocsGenerated,
    DocsOutlined,
    Event,
    VideoTranscribed,
)
from shared.formats.blocks import author, walk
from shared.media.inspection import inspect
from shared.postgres.database import PostgresDatabase
from shared.routes import Service
from shared.spending import Spending
from shared.storage import Folder
from shared.topology import declare
from shared.units import Units
from shared.worker import TryAgain

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "sample.mp4"
TITLES = [
    "Create a new project",
    "Invite your team",
    "Edit the settings file",
    "Run the first report",
]


class Counting:
    """The offline writer, which counts its calls, refuses one chapter, and meets at a barrier."""

    engine = "offline"
    version = 1

    def __init__(self, *, refused: str = "", meet: int = 1) -> None:
        self.writer = OfflineWriter()
        self.calls: list[str] = []
        self.refused = refused
        self.barrier = asyncio.Barrier(meet)

    async def outline(self, segments: Sequence[Said], *, spent: Spending) -> Outline:
        self.calls.append("outline")
        return await self.writer.outline(segments, spent=spent)

    async def write(
        self, chapter: Chapter, segments: Sequence[Said], outline: Outline, *, spent: Spending
    ) -> Draft:
        self.calls.append(chapter.title)
        await self.barrier.wait()
        if chapter.title == self.refused:
            message = "refused"
            raise BlockedError(message)
        return await self.writer.write(chapter, segments, outline, spent=spent)


@pytest.fixture(scope="session")
def heard() -> list[Segment]:
    media = inspect(SAMPLE)
    recording = Recording(media, media.sounds[0].index, "en")
    return offline.transcribe_window(SAMPLE, recording, 0, 600).segments


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=20) as pool:
        yield pool


@pytest.fixture
async def project(pool: asyncpg.Pool) -> UUID:
    org, project = uuid4(), uuid4()
    await pool.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    return project


@pytest.fixture
def storage(tmp_path: Path) -> Folder:
    (tmp_path / "sample.mp4").write_bytes(SAMPLE.read_bytes())
    return Folder(tmp_path)


async def add(pool: asyncpg.Pool, project: UUID, segments: Sequence[Segment]) -> VideoTranscribed:
    video, job = uuid4(), uuid4()
    await pool.execute(
        """insert into videos (id, project_id, title, filename, storage_path)
           values ($1, $2, 'Sample', 'sample.mp4', 'sample.mp4')""",
        video,
        project,
    )
    await pool.executemany(
        """insert into video_segments (id, video_id, "order", start_time, end_time,
             spoken_content, visual_context, confidence, engine)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 'offline')""",
        [
            (uuid5(video, str(n)), video, n, s.start, s.end, s.spoken, s.visual, s.confidence)
            for n, s in enumerate(segments)
        ],
    )
    await pool.execute(
        """insert into processing_jobs (id, project_id, video_id, languages)
           values ($1, $2, $3, '{es}')""",
        job,
        project,
        video,
    )
    return VideoTranscribed.of(
        job_id=job,
        project_id=project,
        video_id=video,
        unit="transcription",
        segments=len(segments),
        languages=("es",),
    )


def documents(pool: asyncpg.Pool, storage: Folder, writer: Counting, owner: str = "a") -> Documents:
    return Documents(
        OutlineStep(writer),
        ArticleStep(writer, storage, pictures.take),
        Units(PostgresDatabase(pool, PostgresRows), Service.DOCGEN, owner),
    )


async def everything(handler: Documents, event: Event) -> list[Event]:
    """Handle an event and all that docgen asks itself for; return what it published."""
    published = list(await handler(event))
    for one in published:  # it grows meanwhile
        published += await handler(one)
    return published


def kinds(events: Sequence[Event]) -> list[str]:
    return [one.kind for one in events]


async def snapshot(pool: asyncpg.Pool) -> list[Any]:
    return [
        [dict(row) for row in await pool.fetch(question)]
        for question in (
            """select id, slug, title, "order", start_time, end_time, created_at from chapters
               order by "order" """,
            "select id, chapter_id, slug, title, content_json, status from articles order by id",
            "select key from ai_results order by key",
        )
    ]


async def test_the_sample_becomes_chapters_and_articles_with_pictures(
    pool: asyncpg.Pool, project: UUID, storage: Folder, heard: list[Segment]
) -> None:
    event = await add(pool, project, heard)
    published = await everything(documents(pool, storage, Counting()), event)
    assert kinds(published) == [
        "docs.outlined",
        *["article.requested"] * 4,
        *["article.written"] * 4,
        "docs.generated",
    ]
    outlined, asked, written, ready = published[0], published[1], published[5], published[-1]
    assert isinstance(outlined, DocsOutlined)
    assert isinstance(asked, ArticleRequested)
    assert isinstance(written, ArticleWritten)
    assert isinstance(ready, DocsGenerated)
    assert (outlined.articles, ready.articles, ready.unit) == (4, 4, "outline")
    assert (asked.unit, asked.articles) == (f"article/{asked.chapter_id}", 4)
    assert asked.languages == written.languages == ("es",)
    chapters = await pool.fetch('select * from chapters order by "order"')
    assert [row["title"] for row in chapters] == TITLES
    assert chapters[0]["slug"] == "create-a-new-project"
    assert [row["order"] for row in chapters] == [0, 1, 2, 3]
    assert all(11 < row["end_time"] - row["start_time"] < 16 for row in chapters)
    articles = await pool.fetch(
        'select a.* from articles a join chapters c on c.id = chapter_id order by c."order"'
    )
    assert [row["title"] for row in articles] == TITLES
    assert {(row["language"], row["status"]) for row in articles} == {("en", "draft")}
    known = {str(row["id"]) for row in await pool.fetch("select id from video_segments")}
    for row, chapter in zip(articles, chapters, strict=True):
        label, image, *blocks = orjson.loads(row["content_json"])["content"]
        assert label["content"][0]["content"][0]["text"] == LABEL
        folder, _, name = image["attrs"]["src"].rpartition("/")
        assert folder == f"/api/videos/{event.video_id}/images"
        milliseconds = int(name.removesuffix(".webp"))
        assert chapter["start_time"] < milliseconds / 1000 < chapter["end_time"]
        picture = Image.open(io.BytesIO(await storage.get(f"images/{event.video_id}/{name}")))
        assert (picture.format, picture.size) == ("WEBP", (1280, 720))
        assert row["title"] in image["attrs"]["alt"]
        assert any(block["type"] == "orderedList" for block in blocks)
        assert image["attrs"]["second"] == milliseconds / 1000
        traced = [one for block in blocks for one in walk(block)]
        assert {one["type"] for one in traced} >= {"paragraph"}
        for one in traced:
            assert set(one["attrs"]["segmentIds"]) <= known
            second = one["attrs"]["second"] + 0.001  # it is rounded
            assert chapter["start_time"] <= second < chapter["end_time"]
            assert "unsupported" not in one["attrs"]
            assert author(one) == "machine"
        assert row["content_text"].startswith(LABEL)


async def test_both_events_twice_give_the_same_rows_and_pay_nothing(
    pool: asyncpg.Pool, project: UUID, storage: Folder, heard: list[Segment]
) -> None:
    writer = Counting()
    event = await add(pool, project, heard)
    handler = documents(pool, storage, writer)
    published = await everything(handler, event)
    before = await snapshot(pool)
    noting = ConfirmedEvents(handler.units.database)
    await noting(published)
    await noting.flush()
    assert await everything(handler, event) == []
    assert [await handler(one) for one in published] == [[]] * len(published)
    # A retry is the next epoch of the same job: all is stored again, and nothing paid for.
    await pool.execute("update processing_jobs set epoch = 2")
    again = await everything(handler, event.model_copy(update={"epoch": 2}))
    assert kinds(again) == kinds(published)
    assert writer.calls == ["outline", *TITLES]
    assert await snapshot(pool) == before


async def test_a_copy_of_the_video_is_not_written_again(
    pool: asyncpg.Pool, project: UUID, storage: Folder, heard: list[Segment]
) -> None:
    writer = Counting()
    handler = documents(pool, storage, writer)
    await everything(handler, await add(pool, project, heard))
    copy = await add(pool, project, heard)
    assert kinds(await everything(handler, copy))[-1] == "docs.generated"
    assert writer.calls == ["outline", *TITLES]
    rows = await pool.fetch(
        """select content_json from chapters c join articles a on a.chapter_id = c.id
           where a.video_id = $1""",
        copy.video_id,
    )
    assert len(rows) == 4
    assert all(f"/api/videos/{copy.video_id}/images/" in row["content_json"] for row in rows)
    assert {row[0] for row in await pool.fetch("select slug from chapters")} >= {
        "invite-your-team",
        "invite-your-team-2",
    }


@pytest.mark.parametrize("refused", ["", TITLES[1]])
async def test_of_articles_that_end_at_once_one_says_that_all_have(
    pool: asyncpg.Pool, project: UUID, storage: Folder, heard: list[Segment], refused: str
) -> None:
    writer = Counting(refused=refused, meet=4)
    event = await add(pool, project, heard)
    asked = [
        one
        for one in await documents(pool, storage, writer)(event)
        if isinstance(one, ArticleRequested)
    ]
    ended = await asyncio.gather(
        *(documents(pool, storage, writer, f"w{n}")(one) for n, one in enumerate(asked))
    )
    every = [one for each in ended for one in each]
    ready = [one for one in every if isinstance(one, DocsGenerated)]
    assert [one.articles for one in ready] == [3 if refused else 4]
    assert kinds(every).count("unit.failed") == (1 if refused else 0)
    assert await pool.fetchval("select count(*) from articles") == (3 if refused else 4)
    stored = await pool.fetchval("select count(*) from outbox where kind = 'docs.generated'")
    assert stored == 1


async def test_nothing_said_and_nothing_shown_ends_honestly(
    pool: asyncpg.Pool, project: UUID, storage: Folder
) -> None:
    event = await add(pool, project, [])
    published = await everything(documents(pool, storage, Counting()), event)
    assert kinds(published) == ["docs.outlined", "docs.generated"]
    assert await pool.fetchval("select count(*) from chapters") == 0


async def test_what_people_review_stays_and_what_is_no_longer_said_goes(
    pool: asyncpg.Pool, project: UUID, storage: Folder, heard: list[Segment]
) -> None:
    handler = documents(pool, storage, Counting())
    event = await add(pool, project, heard)
    await everything(handler, event)
    await pool.execute(
        """update articles set status = 'in_review', title = 'Mine', content_text = 'Mine'
           where title = any($1)""",
        TITLES[:2],
    )
    # The second and third slide are now headed by something else.
    changed = [replace(one, visual=one.visual.replace("your", "the whole")) for one in heard]
    changed = [replace(one, visual=one.visual.replace("settings", "other")) for one in changed]
    await pool.executemany(
        'update video_segments set visual_context = $2 where "order" = $1',
        [(n, one.visual) for n, one in enumerate(changed)],
    )
    await pool.execute("update processing_jobs set epoch = 2")
    again = await everything(handler, event.model_copy(update={"epoch": 2}))
    assert kinds(again)[-1] == "docs.generated"
    titles = {row[0] for row in await pool.fetch("select title from chapters")}
    assert titles == {
        *TITLES[:2],
        "Invite the whole team",
        "Edit the other file",
        "Run the first report",
    }
    assert await pool.fetchval("select count(*) from articles where content_text = 'Mine'") == 2


@pytest.mark.usefixtures("storage")
async def test_the_service_is_a_process_on_a_real_broker(
    dsn: str, amqp_url: str, pool: asyncpg.Pool, project: UUID, tmp_path: Path
) -> None:
    event = await add(pool, project, [Segment(0, 9, "First press create.", "Make a page", 0.9)])
    await declare(amqp_url)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for name in ("docgen.work", "translator.work", "progress.work"):
            await (await channel.get_queue(name, ensure=False)).purge()
    transcriber = RabbitMQ(amqp_url, Service.TRANSCRIBER)
    await transcriber.connect()
    await transcriber.publish([event])
    await transcriber.close()
    told = {"AMQP_URL": amqp_url, "DATABASE_URL": dsn, "STORAGE_DIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.docgen", cwd=ROOT, env={**os.environ, **told}
    )
    ready = """select count(*) from outbox
               where kind = 'docs.generated' and published_at is not null"""
    try:
        for _ in range(300):
            if await pool.fetchval(ready):
                break
            await asyncio.sleep(0.1)
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await pool.fetchval("select title from articles") == "Make a page"
    (picture,) = (tmp_path / "images" / str(event.video_id)).iterdir()
    assert picture.name == "4500.webp"
    (engine,) = await pool.fetch("select service, engine, languages from engines")
    assert tuple(engine) == ("docgen", "offline", None)


class Paid(Counting):
    """A writer whose articles cost something."""

    async def write(
        self, chapter: Chapter, segments: Sequence[Said], outline: Outline, *, spent: Spending
    ) -> Draft:
        draft = await super().write(chapter, segments, outline, spent=spent)
        spent.add(model="paid", prompt=10, output=1)
        return draft


class Full(Folder):
    """A folder on a disk that is full for so many pictures."""

    refusals = 2

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        await super().put(path, data, content_type)


async def test_a_full_disk_costs_no_text_a_second_time(
    pool: asyncpg.Pool, project: UUID, storage: Folder, tmp_path: Path, heard: list[Segment]
) -> None:
    assert storage
    writer = Paid()
    handler = documents(pool, Full(tmp_path), writer)
    event = await add(pool, project, heard)
    (asked, *_) = (one for one in await handler(event) if isinstance(one, ArticleRequested))
    for _ in range(2):
        with pytest.raises(TryAgain):
            await handler(asked)
        await pool.execute("update work_units set due_at = now()")
    assert kinds(await handler(asked)) == ["article.written"]
    assert len(writer.calls) == 2  # the outline, and the article once
    assert await pool.fetchval("select count(*) from ai_calls") == 1
