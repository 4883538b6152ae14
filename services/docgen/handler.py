"""What docgen does with its two events: outline a video's chapters, write one chapter's article."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.docgen.domain import article, document
from services.docgen.domain.article import Shown
from services.docgen.domain.document import Chapter, Draft, Outline, Segment
from services.docgen.domain.slugs import assigned
from services.docgen.placing import placed, slug
from services.docgen.ports import Pictures, Rows, Writer
from shared.articles import Article
from shared.database import UnitOfWork
from shared.errors import UnsupportedError
from shared.events import (
    ArticleRequested,
    ArticleWritten,
    DocsGenerated,
    DocsOutlined,
    Event,
    VideoTranscribed,
)
from shared.formats import blocks
from shared.formats.tiptap import Node
from shared.ledger import Answer
from shared.routes import Service
from shared.spending import Spending
from shared.storage import Storage
from shared.units import Step, Units

OUTLINE = "outline"  # the unit of which the articles are parts
_PICTURES = 2  # rises when the same text would be given other pictures


@dataclass(frozen=True, slots=True)
class OutlineStep:
    """Find a video's chapters, and ask for an article about each."""

    writer: Writer

    @property
    def engine(self) -> str:
        """The writer's name."""
        return self.writer.engine

    async def prepare(
        self, work: UnitOfWork[Rows], event: VideoTranscribed
    ) -> tuple[str, tuple[Segment, ...]]:
        """Key the outline by what was said and shown, so that it is paid for once."""
        found = await work.rows.transcript(event.video_id)
        return _key(OUTLINE, self.writer, found.segments), found.segments

    async def call(self, prepared: tuple[Segment, ...], spent: Spending) -> dict[str, Any]:
        """Return the outline as plain data."""
        return (await self.writer.outline(prepared, spent=spent)).to_json()

    async def store(
        self, work: UnitOfWork[Rows], event: VideoTranscribed, output: dict[str, Any]
    ) -> list[Event]:
        """Store the chapters; with none of them the documents are ready, and empty."""
        project, video = event.project_id, event.video_id
        segments = (await work.rows.transcript(video)).segments
        taken = await work.rows.slugs(project)
        chapters = placed(Outline.from_json(output), segments, taken, video)
        ids = await work.rows.save_chapters(project, video, chapters)
        outlined = DocsOutlined.following(event, unit=OUTLINE, articles=len(ids))
        if not ids:
            return [outlined, DocsGenerated.following(event, unit=OUTLINE, articles=0)]
        return [outlined] + [
            ArticleRequested.following(
                event,
                unit=f"article/{chapter_id}",
                chapter_id=chapter_id,
                articles=len(ids),
                languages=event.languages,
            )
            for chapter_id in ids
        ]

    async def fail(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: VideoTranscribed,  # noqa: ARG002
        reason: str,  # noqa: ARG002
    ) -> list[Event]:
        """Add nothing: without an outline there is nothing to go on with."""
        return []


@dataclass(frozen=True, slots=True)
class ArticleInput:
    """What an article is made of.

    `content` is the key of its text, and `draft` the text kept from a video of the same content;
    `segments` are the chapter's, and `every` the video's.
    """

    content: str
    video_id: UUID
    path: str
    chapter: Chapter
    segments: tuple[Segment, ...]
    every: tuple[Segment, ...]
    outline: Outline
    draft: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ArticleStep:
    """Write one chapter's article; the last one to end tells that the documents are ready."""

    writer: Writer
    storage: Storage
    pictures: Pictures

    @property
    def engine(self) -> str:
        """The writer's name."""
        return self.writer.engine

    async def prepare(
        self, work: UnitOfWork[Rows], event: ArticleRequested
    ) -> tuple[str, ArticleInput]:
        """Key the article by its chapter's content and its video, whose pictures it shows."""
        every = (await work.rows.transcript(event.video_id)).segments
        chapters = await work.rows.chapters(event.video_id)
        if event.chapter_id not in chapters:
            message = f"chapter {event.chapter_id} is gone: process the video again"
            raise UnsupportedError(message)
        chapter, outline = chapters[event.chapter_id], Outline(tuple(chapters.values()))
        segments = tuple(every[n] for n in chapter.segments if n < len(every))
        # The text is kept for every copy of the video, the pictures lie under this one's name.
        content = _key("article", self.writer, segments, chapter, outline)
        path = await work.rows.storage_path(event.video_id)
        draft = await work.ledger.kept(content)
        prepared = ArticleInput(
            content, event.video_id, path, chapter, segments, every, outline, draft
        )
        return f"{content}:{event.video_id}:{_PICTURES}", prepared

    async def call(self, prepared: ArticleInput, spent: Spending) -> dict[str, Any]:
        """Write the article and store its pictures.

        Return `{"content": key, "draft": ..., "pictures": {section's place: [address, second]}}`.
        """

        async def write() -> dict[str, Any]:
            draft = await self.writer.write(
                prepared.chapter, prepared.segments, prepared.outline, spent=spent
            )
            return draft.to_json()

        # Kept before the pictures are made: where those fail, the text is not paid for again.
        kept = prepared.draft
        draft = await spent.once("text", write) if kept is None else kept
        return {
            "content": prepared.content,
            "draft": draft,
            "pictures": await self._pictures(prepared, Draft.from_json(draft)),
        }

    async def _pictures(self, prepared: ArticleInput, draft: Draft) -> dict[str, tuple[str, float]]:
        wanted = {
            place: asked
            for place, section in enumerate(draft.sections)
            if (asked := document.wanted(section, prepared.every)) is not None
        }
        if not wanted:
            return {}
        async with self.storage.local(prepared.path) as file:
            taken = await self.pictures(file, list(wanted.values()))
        shown: dict[str, tuple[str, float]] = {}
        for place, picture in zip(wanted, taken, strict=True):
            if picture is None:
                continue
            path = f"images/{prepared.video_id}/{picture.name}"
            await self.storage.put(path, picture.webp, "image/webp")
            address = f"/api/videos/{prepared.video_id}/images/{picture.name}"
            shown[str(place)] = (address, picture.second)
        return shown

    async def store(
        self, work: UnitOfWork[Rows], event: ArticleRequested, output: dict[str, Any]
    ) -> list[Event]:
        """Store the article, and its text for the next video of the same content."""
        draft = Answer(output["content"], Service.DOCGEN, output["draft"], self.engine)
        await work.ledger.keep(draft)
        article_id = await self._save(work.rows, event, output)
        written = ArticleWritten.following(event, article_id=article_id, languages=event.languages)
        return [written, *await self._ended(work.rows, event)]

    async def _save(self, rows: Rows, event: ArticleRequested, output: dict[str, Any]) -> UUID:
        found = await rows.transcript(event.video_id)
        draft = Draft.from_json(output["draft"])
        shown = {int(place): Shown(*one) for place, one in output["pictures"].items()}
        content = article.content(draft, found.segments, found.ids, shown)
        language = await rows.spoken_language(event.video_id)
        article_id = uuid5(event.chapter_id, language)
        others = await rows.article_slugs(event.chapter_id, language, article_id)
        (name,) = assigned([slug(draft.title, "article")], others=others)
        told = _told(draft.title, content)
        origin = {**told, "engine": self.engine}
        made = Article(article_id, event.chapter_id, language, name, draft.title, content, origin)
        standing = await rows.standing(article_id)
        if standing is None or not _edited(standing):
            await rows.save_article(made)
        elif not told.items() <= standing.origin.items():  # else it has nothing new to say
            await rows.propose(made)
        return article_id

    async def fail(
        self,
        work: UnitOfWork[Rows],
        event: ArticleRequested,
        reason: str,  # noqa: ARG002 - the kernel's unit.failed carries it
    ) -> list[Event]:
        """Go on with the other articles: one that cannot be written is a gap, not the end."""
        return await self._ended(work.rows, event)

    @staticmethod
    async def _ended(rows: Rows, event: ArticleRequested) -> list[Event]:
        """Return `docs.generated` where this was the last article to end."""
        ended, written = await rows.articles_ended(event)
        if ended < event.articles:
            return []
        return [DocsGenerated.following(event, unit=OUTLINE, articles=written)]


@dataclass(frozen=True, slots=True)
class Documents:
    """The service's handler: which event goes where."""

    outline: Step[Rows]
    article: Step[Rows]
    units: Units[Rows]

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoTranscribed():
                return await self.units.run(self.outline, event, unit=OUTLINE)
            case ArticleRequested():
                return await self.units.run(self.article, event)
            case _:
                return []


def _edited(standing: Article) -> bool:
    """Say whether a person has changed what the machine wrote."""
    return not _told(standing.title, standing.content).items() <= standing.origin.items()


def _told(title: str, content: Node) -> dict[str, str]:
    """Return what an article says, to be compared."""
    return {"title": title, "digest": blocks.whole(content)}


def _key(step: str, writer: Writer, segments: Sequence[Segment], *more: Chapter | Outline) -> str:
    """Return the content key of what `writer` makes of these segments."""
    content = orjson.dumps([asdict(one) for one in (*segments, *more)])
    digest = hashlib.sha256(content).hexdigest()
    return f"docgen:{step}:{writer.engine}:{writer.version}:{digest}"
