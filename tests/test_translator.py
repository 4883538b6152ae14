"""The translator's work on a real PostgreSQL, with a scripted engine."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.translator.__main__ import build
from services.translator.domain.items import Item
from services.translator.domain.style import PLAIN, Into, Style
from services.translator.handler import AskStep, TranslateStep, Translations
from services.translator.ports import Rows
from services.translator.rows import PostgresRows
from shared.errors import BlockedError
from shared.events import (
    ArticleWritten,
    Event,
    TranslationCompleted,
    TranslationRequested,
    UnitFailed,
    VideoTranscribed,
)
from shared.formats import vtt
from shared.formats.markdown import from_markdown
from shared.gate import OwnGate
from shared.postgres.database import PostgresDatabase
from shared.routes import Service
from shared.service import Parts
from shared.settings import ServiceSettings
from shared.spending import Spending
from shared.storage import Folder
from shared.units import Units
from shared.worker import MOST_ATTEMPTS, TryAgain

pytestmark = pytest.mark.integration

CUES = [vtt.Cue(0, 2, "One window"), vtt.Cue(2, 4, "12 tables"), vtt.Cue(4, 6, "...")]


class Upper:
    """Translates by writing in capitals; spoils the texts it is told to, each time it is asked.

    A call with a text in `refused` is refused altogether.
    """

    name = "upper"
    version = 1

    def __init__(self, *spoilt: str) -> None:
        self.spoilt = spoilt
        self.refused: set[str] = set()
        self.asked: list[int] = []
        self.style = PLAIN

    async def languages(self) -> Sequence[str] | None:
        return ["es", "ca"]

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str]:
        assert (into.source, into.style) == ("en", self.style)
        self.asked.append(len(items))
        if self.refused & {item.text for item in items}:
            raise BlockedError
        spent.add(model=self.name, prompt=len(items), output=1)
        return {
            item.id: "" if item.text in self.spoilt else f"{item.text.upper()} {into.target}"
            for item in items
        }


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=10) as pool:
        yield pool


@pytest.fixture
async def job(pool: asyncpg.Pool) -> dict[str, Any]:
    org, project, video, job, chapter, article = (uuid4() for _ in range(6))
    await pool.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    await pool.execute(
        """insert into videos (id, project_id, title, filename, vtt_content)
           values ($1, $2, 'V', 'v.mp4', $3)""",
        video,
        project,
        vtt.write(CUES),
    )
    await pool.execute(
        "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
        job,
        project,
        video,
    )
    await pool.execute(
        """insert into chapters (id, project_id, video_id, slug, title)
           values ($1, $2, $3, 's', 'T')""",
        chapter,
        project,
        video,
    )
    await pool.execute(
        """insert into articles (id, chapter_id, language, slug, title, content_json, content_text)
           values ($1, $2, 'en', 's', 'The title', $3, 'x')""",
        article,
        chapter,
        json.dumps(from_markdown("Press **create**.\n\n```\ncode\n```")),
    )
    return {"job_id": job, "project_id": project, "video_id": video, "article": article}


def request(job: dict[str, Any], language: str, *, article: bool) -> Event:
    ids = {name: job[name] for name in ("job_id", "project_id", "video_id")}
    piece = job["article"] if article else "subtitles"
    return TranslationRequested.of(
        **ids,
        unit=f"translation/{language}/{piece}",
        language=language,
        article_id=job["article"] if article else None,
    )


def database(pool: asyncpg.Pool) -> PostgresDatabase[PostgresRows]:
    return PostgresDatabase(pool, PostgresRows)


def service(pool: asyncpg.Pool, engine: Upper) -> Translations:
    return Translations(TranslateStep(engine), Units(database(pool), Service.TRANSLATOR, "me"))


async def test_each_language_is_asked_for_by_itself(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    ids = {name: job[name] for name in ("job_id", "project_id", "video_id")}
    both = ("es", "ca")
    handler = service(pool, Upper())
    transcribed = VideoTranscribed.of(**ids, unit="transcription", segments=3, languages=both)
    written = ArticleWritten.of(**ids, unit="article/x", article_id=job["article"], languages=both)
    found = [*await handler(transcribed), *await handler(written)]
    assert [event.unit for event in found] == [
        "translation/es/subtitles",
        "translation/ca/subtitles",
        f"translation/es/{job['article']}",
        f"translation/ca/{job['article']}",
    ]


async def test_the_source_language_is_complete_as_it_is(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    ids = {name: job[name] for name in ("job_id", "project_id", "video_id")}
    three = ("en", "es", "es")
    transcribed = VideoTranscribed.of(**ids, unit="transcription", segments=3, languages=three)
    found = await service(pool, Upper())(transcribed)
    assert [(event.kind, event.unit) for event in found] == [
        ("translation.completed", "translation/en/subtitles"),
        ("translation.requested", "translation/es/subtitles"),
    ]


async def test_it_tells_which_languages_there_are(pool: asyncpg.Pool) -> None:
    for _ in range(2):
        await database(pool).alone.rows.save_engine("upper", ["es", "ca"])
    row = await pool.fetchrow("select * from engines")
    assert row is not None
    assert (row["service"], row["engine"], row["languages"]) == (
        "translator",
        "upper",
        ["es", "ca"],
    )


async def test_subtitles_keep_every_cue_and_time_in_each_language(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    engine = Upper()
    for language in ("es", "ca"):
        await service(pool, engine)(request(job, language, article=False))
    assert engine.asked == [2, 2]  # each language is paid for by itself
    stored = json.loads(await pool.fetchval("select vtt_languages from videos"))
    for language in ("es", "ca"):
        cues = vtt.read(stored[language])
        assert [cue.start for cue in cues] == [cue.start for cue in CUES]
        assert cues[0].text == f"ONE WINDOW {language}"
        assert cues[2].text == "..."


async def test_an_article_keeps_its_tree_and_slug_and_is_a_draft(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    await service(pool, Upper())(request(job, "es", article=True))
    row = await pool.fetchrow("select * from articles where language = 'es'")
    assert row is not None
    assert (row["slug"], row["status"], row["title"]) == ("s", "draft", "THE TITLE es")
    content = json.loads(row["content_json"])["content"]
    assert content[0]["content"][1] == {
        "type": "text",
        "text": "CREATE",
        "marks": [{"type": "bold"}],
    }
    assert content[1]["content"][0]["text"] == "code"


async def test_a_bad_text_keeps_its_source_and_is_named(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    engine = Upper("12 tables")
    (completed,) = await service(pool, engine)(request(job, "es", article=False))
    assert isinstance(completed, TranslationCompleted)
    assert completed.untranslated == 1
    assert engine.asked == [2]
    stored = json.loads(await pool.fetchval("select vtt_languages from videos"))
    assert [cue.text for cue in vtt.read(stored["es"])] == ["ONE WINDOW es", "12 tables", "..."]
    kept = json.loads(await pool.fetchval("select output from ai_results"))
    assert kept["untranslated"] == {"1": ["empty"]}


async def test_a_projects_style_is_asked_for_and_paid_for_by_itself(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    await service(pool, Upper())(request(job, "es", article=False))
    await pool.execute("""update projects set formality = '{"es": "formal", "ca": "informal"}'""")
    for language, term, translation in (
        ("es", "window", "ventana"),
        ("es", "door", "puerta"),
        ("ca", "window", "finestra"),
    ):
        await pool.execute(
            "insert into glossary_terms (project_id, language, term, translation) "
            "values ($1, $2, $3, $4)",
            job["project_id"],
            language,
            term,
            translation,
        )
    # What stands already would stay as it is.
    await pool.execute("update videos set vtt_languages = '{}'")
    await pool.execute("update processing_jobs set epoch = 2")
    engine = Upper()
    engine.style = Style("formal", {"door": "puerta", "window": "ventana"})
    again = request(job, "es", article=False).model_copy(update={"epoch": 2})
    await service(pool, engine)(again)
    assert engine.asked == [2]
    # A term that does not occur changes nothing.
    await pool.execute("delete from glossary_terms where term = 'door'")
    await pool.execute("update videos set vtt_languages = '{}'")
    await pool.execute("update processing_jobs set epoch = 3")
    third = request(job, "es", article=False).model_copy(update={"epoch": 3})
    await service(pool, engine)(third)
    assert engine.asked == [2]


async def test_where_all_is_refused_the_unit_fails(pool: asyncpg.Pool, job: dict[str, Any]) -> None:
    engine = Upper()
    engine.refused = {"12 tables", "One window"}
    (failed,) = await service(pool, engine)(request(job, "es", article=False))
    assert isinstance(failed, UnitFailed)
    assert await pool.fetchval("select vtt_languages from videos") == "{}"


async def test_a_source_that_changed_meanwhile_gets_no_text_of_another(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    class Slow(Upper):
        async def translate(
            self, items: Sequence[Item], into: Into, *, spent: Spending
        ) -> Mapping[str, str]:
            changed = vtt.write([vtt.Cue(0, 1, "New"), *CUES[1:]])
            await pool.execute("update videos set vtt_content = $1", changed)
            return await super().translate(items, into, spent=spent)

    (completed,) = await service(pool, Slow())(request(job, "es", article=False))
    assert isinstance(completed, TranslationCompleted)
    assert completed.untranslated == 1
    stored = json.loads(await pool.fetchval("select vtt_languages from videos"))
    assert [cue.text for cue in vtt.read(stored["es"])] == ["New", "12 TABLES es", "..."]


async def test_a_slug_follows_its_source_and_leaves_other_peoples_articles(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    await service(pool, Upper())(request(job, "es", article=True))
    await pool.execute(
        """insert into articles (chapter_id, language, slug, title, content_json, content_text)
           select chapter_id, 'es', 'new', 'By hand', '{}', '' from articles
           where language = 'en'"""
    )
    await pool.execute("update articles set slug = 'new' where language = 'en'")
    await pool.execute("update processing_jobs set epoch = 2")
    again = request(job, "es", article=True).model_copy(update={"epoch": 2})
    await service(pool, Upper())(again)
    found = await pool.fetch("select slug, title from articles where language = 'es' order by slug")
    assert [tuple(row) for row in found] == [("new", "By hand"), ("new-2", "THE TITLE es")]


async def test_running_again_pays_nothing_and_a_reviewed_text_stays(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    engine = Upper()
    await service(pool, engine)(request(job, "es", article=True))
    await pool.execute(
        "update articles set status = 'in_review', title = 'Mine' where language = 'es'"
    )
    await pool.execute("update processing_jobs set epoch = 2")
    again = request(job, "es", article=True).model_copy(update={"epoch": 2})
    assert len(await service(pool, engine)(again)) == 1
    assert engine.asked == [2]
    assert await pool.fetchval("select title from articles where language = 'es'") == "Mine"


async def test_nothing_said_makes_no_call(pool: asyncpg.Pool, job: dict[str, Any]) -> None:
    await pool.execute("update videos set vtt_content = null")
    engine = Upper()
    assert len(await service(pool, engine)(request(job, "es", article=False))) == 1
    assert engine.asked == []


async def test_without_a_key_it_is_built_on_apertium(
    pool: asyncpg.Pool, job: dict[str, Any], tmp_path: Path
) -> None:
    settings = ServiceSettings(
        amqp_url="amqp://unused", database_url="unused", storage_dir=tmp_path, gemini_api_key=None
    )
    data: PostgresDatabase[Rows] = PostgresDatabase(pool, PostgresRows)
    units = Units(data, Service.TRANSLATOR, "me")
    async with build(Parts(data, units, Folder(tmp_path), settings, OwnGate())) as handler:
        row = await pool.fetchrow("select engine, languages from engines")
        assert row is not None
        assert row["engine"] == "apertium"
        if "es" not in row["languages"]:
            pytest.skip("Debian's apertium-eng-spa is not installed")
        for article in (True, False):
            (completed,) = await handler(request(job, "es", article=article))
            assert isinstance(completed, TranslationCompleted)
            assert completed.untranslated == 0
    assert await pool.fetchval("select title from articles where language = 'es'") == "El título"
    stored = json.loads(await pool.fetchval("select vtt_languages from videos"))
    cues = vtt.read(stored["es"])
    assert [cue.start for cue in cues] == [cue.start for cue in CUES]
    assert "ventana" in cues[0].text


async def test_languages_that_could_not_be_asked_for_fail_each_by_itself(
    pool: asyncpg.Pool, job: dict[str, Any]
) -> None:
    class Broken(AskStep):
        async def prepare(self, work: Any, event: Any) -> Any:
            await super().prepare(work, event)
            raise KeyError(event.unit)

    ids = {name: job[name] for name in ("job_id", "project_id", "video_id")}
    transcribed = VideoTranscribed.of(
        **ids, unit="transcription", segments=3, languages=("es", "ca")
    )
    handler = replace(service(pool, Upper()), asking=Broken())
    for _ in range(MOST_ATTEMPTS - 1):
        with pytest.raises(TryAgain):
            await handler(transcribed)
        await pool.execute("update work_units set due_at = now()")
    assert [(event.kind, event.unit) for event in await handler(transcribed)] == [
        ("unit.failed", "languages/subtitles"),
        ("unit.failed", "translation/es/subtitles"),
        ("unit.failed", "translation/ca/subtitles"),
    ]
