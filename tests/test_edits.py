"""What people wrote survives whatever machines do next, on a real database."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest

from services.docgen.domain.document import Chapter, Draft, Outline, Section, Segment, Wanted
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.docgen.rows import PostgresRows as DocgenRows
from services.gateway.decisions import decided
from services.gateway.models.reports import Untranslated
from services.gateway.queries import reports
from services.transcriber.rows import PostgresRows as TranscriberRows
from services.translator.domain.checks import Failed
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from services.translator.handler import TranslateStep, Translations
from services.translator.rows import PostgresRows as TranslatorRows
from shared.events import ArticleRequested, TranslationRequested, VideoTranscribed
from shared.formats import blocks, tiptap, vtt
from shared.formats.tiptap import Node
from shared.formats.vtt import Cue
from shared.postgres.database import PostgresDatabase
from shared.postgres.statements import Statements
from shared.routes import Service
from shared.spending import Spending
from shared.storage import Folder
from shared.units import Units

pytestmark = pytest.mark.integration


class Writer:
    """One chapter, in the words it is told."""

    engine = "told"
    version = 1

    def __init__(self) -> None:
        self.text = "\n\n".join(f"Text number {n}." for n in range(100))

    async def outline(self, segments: Sequence[Segment], *, spent: Spending) -> Outline:
        del spent
        return Outline((Chapter("A chapter", "", tuple(one.number for one in segments)),))

    async def write(
        self, chapter: Chapter, segments: Sequence[Segment], outline: Outline, *, spent: Spending
    ) -> Draft:
        del segments, outline, spent
        return Draft(chapter.title, (Section(self.text, chapter.segments),))


class Capitals:
    """Translates into capitals, and remembers what it was asked; `wrongly` says what else."""

    name = "capitals"
    version = 1

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.wrongly: dict[str, str | Failed] = {}

    async def languages(self) -> Sequence[str] | None:
        return None

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str | Failed]:
        del into, spent
        self.asked.append([item.text for item in items])
        return {item.id: self.wrongly.get(item.text, item.text.upper()) for item in items}


async def no_pictures(file: Path, wanted: Sequence[Wanted], /) -> list[None]:
    del file
    return [None] * len(wanted)


class Project:
    """A project with one video, which can be processed again and again."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.pool, self.writer, self.translator = pool, Writer(), Capitals()
        self.org, self.project, self.video = (uuid4() for _ in range(3))
        docgen: PostgresDatabase[DocgenRows] = PostgresDatabase(pool, DocgenRows)
        self._documents = Documents(
            OutlineStep(self.writer),
            ArticleStep(self.writer, Folder(folder), no_pictures),
            Units(docgen, Service.DOCGEN, "a"),
        )
        translator: PostgresDatabase[TranslatorRows] = PostgresDatabase(pool, TranslatorRows)
        self._translations = Translations(
            TranslateStep(self.translator), Units(translator, Service.TRANSLATOR, "a")
        )

    async def prepare(self) -> None:
        await self.pool.execute("insert into organizations (id, name) values ($1, 'A')", self.org)
        await self.pool.execute(
            "insert into projects (id, org_id, name) values ($1, $2, 'P')", self.project, self.org
        )
        await self.pool.execute(
            """insert into videos (id, project_id, title, filename, storage_path)
               values ($1, $2, 'V', 'v.mp4', 'v.mp4')""",
            self.video,
            self.project,
        )
        await self.pool.execute(
            """insert into video_segments (id, video_id, "order", start_time, end_time,
                 spoken_content, engine) values ($1, $2, 0, 1, 9, 'Text number.', 'told')""",
            uuid4(),
            self.video,
        )

    async def process(self) -> None:
        """Run a new job: documents, and their translation to Spanish."""
        job = uuid4()
        ids: dict[str, Any] = {
            "job_id": job,
            "project_id": self.project,
            "video_id": self.video,
        }
        await self.pool.execute(
            "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
            job,
            self.project,
            self.video,
        )
        self.writer.version += 1  # what was written before is not taken from the shelf
        told = VideoTranscribed.of(**ids, unit="transcription", segments=1)
        for asked in await self._documents(told):
            if isinstance(asked, ArticleRequested):
                await self._documents(asked)
        unit = f"translation/es/{await self.id('en')}"
        await self._translations(
            TranslationRequested.of(**ids, unit=unit, language="es", article_id=await self.id("en"))
        )

    async def hear(self, *cues: Cue) -> None:
        """Let the transcriber write its subtitles, and the translator translate what stands."""
        rows = TranscriberRows(Statements(self.pool))
        await rows.save_subtitles(self.video, vtt.write(cues))
        job = uuid4()
        await self.pool.execute(
            "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
            job,
            self.project,
            self.video,
        )
        await self._translations(
            TranslationRequested.of(
                job_id=job,
                project_id=self.project,
                video_id=self.video,
                unit="translation/es/subtitles",
                language="es",
                article_id=None,
            )
        )

    async def tracks(self) -> tuple[str, str, str | None]:
        """The subtitles in English and in Spanish, and what is offered beside the former."""
        row = await self.pool.fetchrow(
            "select vtt_content, vtt_languages ->> 'es', vtt_proposal from videos"
        )
        assert row is not None
        return tuple(row)

    async def id(self, language: str) -> UUID:
        chapter = await self.pool.fetchval("select id from chapters")
        return uuid5(chapter, language)

    async def row(self, language: str) -> asyncpg.Record:
        found = await self.pool.fetchrow(
            "select * from articles where id = $1", await self.id(language)
        )
        assert found is not None
        return found

    async def texts(self, language: str) -> list[str]:
        content = json.loads((await self.row(language))["content_json"])
        return tiptap.plain_text(content).split("\n")

    async def edit(self, language: str, old: str, new: str) -> None:
        """Change a block as an editor does: its attrs stay."""

        def change(block: Node) -> Node:
            if tiptap.plain_text(block) != old:
                return block
            return {**block, "content": [tiptap.text(new, [])]}

        content = json.loads((await self.row(language))["content_json"])
        await self.pool.execute(
            "update articles set content_json = $2 where id = $1",
            await self.id(language),
            json.dumps(blocks.mapped(content, change)),
        )

    async def reported(self) -> list[Untranslated]:
        return await reports.untranslated(self.pool, self.video, "es")

    async def proposal(self, language: str) -> Any:
        told = (await self.row(language))["proposal"]
        return None if told is None else json.loads(told)


@pytest.fixture
async def project(dsn: str, tmp_path: Path) -> Any:
    (tmp_path / "v.mp4").touch()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=10) as pool:
        made = Project(pool, tmp_path)
        await made.prepare()
        yield made


async def test_an_edited_source_is_kept_and_a_new_text_is_offered_beside_it(
    project: Project,
) -> None:
    await project.process()
    await project.edit("en", "Text number 7.", "A person's text.")
    await project.process()
    assert (await project.texts("en"))[7] == "A person's text."
    assert await project.proposal("en") is None  # the machine says what it said
    project.writer.text = "Something new."
    await project.process()
    assert (await project.texts("en"))[7] == "A person's text."
    proposal = await project.proposal("en")
    assert proposal["title"] == "A chapter"
    assert tiptap.plain_text(proposal["content"]) == "Something new."


async def test_an_untouched_source_is_written_anew(project: Project) -> None:
    await project.process()
    project.writer.text = "Something new."
    await project.process()
    assert await project.texts("en") == ["Something new."]
    assert await project.texts("es") == ["SOMETHING NEW."]
    assert await project.proposal("en") is None


async def test_one_changed_block_of_a_hundred_is_one_call_with_one_item(project: Project) -> None:
    await project.process()
    assert [len(asked) for asked in project.translator.asked] == [101]
    await project.edit("en", "Text number 7.", "A person's text.")
    await project.process()
    await project.process()
    assert project.translator.asked[1:] == [["A person's text."]]
    assert (await project.texts("es"))[6:9] == [
        "TEXT NUMBER 6.",
        "A PERSON'S TEXT.",
        "TEXT NUMBER 8.",
    ]


async def test_a_persons_translation_stays_and_is_stale_once_its_source_changes(
    project: Project,
) -> None:
    await project.process()
    await project.edit("es", "TEXT NUMBER 7.", "El texto siete.")
    await project.process()
    assert (await project.texts("es"))[7] == "El texto siete."
    await project.edit("en", "Text number 7.", "Changed.")
    await project.process()
    content = json.loads((await project.row("es"))["content_json"])
    stale = [tiptap.plain_text(one) for one in blocks.walk(content) if blocks.attr(one, "stale")]
    assert stale == ["El texto siete."]
    assert len(project.translator.asked) == 1


async def test_a_stale_block_is_said_to_be_current_or_given_to_the_machine(
    project: Project,
) -> None:
    await project.process()
    for n in (7, 8):
        await project.edit("es", f"TEXT NUMBER {n}.", f"El texto {n}.")
        await project.edit("en", f"Text number {n}.", f"Changed {n}.")
    await project.process()
    content = json.loads((await project.row("es"))["content_json"])
    seven, eight = (
        str(blocks.attr(one, "blockId"))
        for one in blocks.walk(content)
        if blocks.attr(one, "stale")
    )
    source = json.loads((await project.row("en"))["content_json"])
    settled = decided(content, source, {seven: "current", eight: "again"})
    await project.pool.execute(
        "update articles set content_json = $2 where id = $1",
        await project.id("es"),
        json.dumps(settled),
    )
    project.translator.asked.clear()
    await project.process()
    assert project.translator.asked == [["Changed 8."]]
    assert (await project.texts("es"))[7:9] == ["El texto 7.", "CHANGED 8."]
    content = json.loads((await project.row("es"))["content_json"])
    assert not [one for one in blocks.walk(content) if blocks.attr(one, "stale")]
    # What is current of the one source is stale of the next.
    await project.edit("en", "Changed 7.", "Changed again.")
    await project.process()
    content = json.loads((await project.row("es"))["content_json"])
    stale = [tiptap.plain_text(one) for one in blocks.walk(content) if blocks.attr(one, "stale")]
    assert stale == ["El texto 7."]


async def test_a_published_translation_is_left_alone_and_offered_a_new_one(
    project: Project,
) -> None:
    await project.process()
    await project.pool.execute("update articles set status = 'published' where language = 'es'")
    await project.edit("en", "Text number 7.", "Changed.")
    await project.process()
    assert (await project.texts("es"))[7] == "TEXT NUMBER 7."
    proposal = await project.proposal("es")
    assert tiptap.plain_text(proposal["content"]).split("\n")[7] == "CHANGED."


async def test_what_failed_a_check_is_reported_until_a_person_or_the_machine_mends_it(
    project: Project,
) -> None:
    project.translator.wrongly = {
        "A chapter": "",
        "Text number 7.": "TEXT NUMBER 8.",
        "Text number 9.": Failed(("not translated", "far longer than the source")),
        "Wait 3 seconds.": "WAIT.",
    }
    await project.process()
    await project.hear(Cue(0, 2, "Hello."), Cue(3, 5, "Wait 3 seconds."))
    told = await project.reported()
    article, content = await project.id("es"), json.loads((await project.row("es"))["content_json"])
    seven, nine = (content["content"][n]["attrs"]["blockId"] for n in (7, 9))
    assert [(one.where, one.article_id, one.block_id, one.start, one.checks) for one in told] == [
        ("title", article, None, None, ["empty"]),
        ("block 7", article, seven, None, ["numbers changed"]),
        ("block 9", article, nine, None, ["not translated", "far longer than the source"]),
        ("cue 2", None, None, 3.0, ["numbers changed"]),
    ]
    assert [one.text for one in told] == [
        *("A chapter", "Text number 7.", "Text number 9."),
        "Wait 3 seconds.",
    ]
    await project.edit("es", "Text number 7.", "El texto siete.")
    await project.pool.execute("update articles set title = 'Un capítulo' where language = 'es'")
    _, spanish, _ = await project.tracks()
    await project.pool.execute(
        "update videos set vtt_languages = jsonb_build_object('es', $1::text)",
        spanish.replace("Wait 3 seconds.", "Espera 3 segundos."),
    )
    assert [one.where for one in await project.reported()] == ["block 9"]
    project.translator.wrongly = {}
    await project.process()
    assert await project.reported() == []


async def test_an_edited_cue_is_kept_in_its_language_and_in_the_source(project: Project) -> None:
    heard = [Cue(0, 2, "One."), Cue(3, 5, "Too."), Cue(6, 8, "Three.")]
    await project.hear(*heard)
    mended = [heard[0], Cue(3, 5, "Two."), heard[2]]
    await project.pool.execute("update videos set vtt_content = $1", vtt.write(mended))
    await project.hear(*heard)
    source, spanish, proposal = await project.tracks()
    assert (source, proposal) == (vtt.write(mended), None)
    assert project.translator.asked == [["One.", "Too.", "Three."], ["Two."]]
    mine = vtt.read(spanish)
    mine[2] = Cue(6, 8, "Tres.")
    await project.pool.execute(
        "update videos set vtt_languages = jsonb_build_object('es', $1::text)", vtt.write(mine)
    )
    await project.hear(*heard, Cue(9, 11, "Four."))
    source, spanish, proposal = await project.tracks()
    assert source == vtt.write(mended)
    assert proposal == vtt.write([*heard, Cue(9, 11, "Four.")])
    assert vtt.read(spanish) == mine
    assert len(project.translator.asked) == 2
