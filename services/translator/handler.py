"""What the translator does with its events: ask for each language, and translate one piece."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.translator.domain import pieces
from services.translator.domain.checks import violations
from services.translator.domain.items import Item
from services.translator.domain.standing import Standing
from services.translator.domain.style import Into
from services.translator.domain.track import Track
from services.translator.ports import Engine, Rows
from shared.articles import Article
from shared.database import UnitOfWork
from shared.errors import UnsupportedError
from shared.events import (
    ArticleWritten,
    Event,
    TranslationCompleted,
    TranslationRequested,
    VideoTranscribed,
)
from shared.spending import Spending
from shared.units import Step, Units

_NAMED = 10  # texts that an event names; the kept result has them all


@dataclass(frozen=True, slots=True)
class Piece:
    """What one unit translates."""

    items: tuple[Item, ...]
    into: Into


@dataclass(frozen=True, slots=True)
class TranslateStep:
    """Translate one article, or the subtitles, into one language."""

    translating: Engine

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""
        return self.translating.name

    async def prepare(
        self, work: UnitOfWork[Rows], event: TranslationRequested
    ) -> tuple[str, Piece]:
        """Key the piece by its texts and languages, so that the same words are paid for once."""
        source = await work.rows.source_language(event.project_id)
        if source is None:
            message = f"the project {event.project_id} is gone"
            raise UnsupportedError(message)
        items = await self._items(work.rows, event)
        style = await work.rows.style(event.project_id, event.language)
        wishes = [style.formality, style.occurring([item.text for item in items])]
        content = orjson.dumps([wishes, [[item.id, item.text] for item in items]])
        digest = hashlib.sha256(content).hexdigest()
        key = f"translation:{self._engine}:{source}:{event.language}:{digest}"
        return key, Piece(tuple(items), Into(source, event.language, style))

    async def _items(self, rows: Rows, event: TranslationRequested) -> list[Item]:
        if event.article_id is None:
            text = await rows.subtitles(event.video_id)
            return pieces.subtitle_items(text, await self._track(rows, event))
        article = await rows.article(event.article_id)
        if article is None:
            message = f"the article {event.article_id} is gone: process the video again"
            raise UnsupportedError(message)
        standing = await self._standing(rows, article, event.language)
        return pieces.article_items(article.title, article.content, standing)

    async def _standing(self, rows: Rows, source: Article, language: str) -> Standing | None:
        """Return the translation that stands already, as far as a machine began it."""
        found = await rows.standing(uuid5(source.chapter_id, language))
        if found is None:
            return None
        return Standing(found.title, found.content, found.origin, self._engine)

    async def _track(self, rows: Rows, event: TranslationRequested) -> Track | None:
        """Return the subtitles that stand already, as far as a machine began them."""
        found = await rows.track(event.video_id, event.language)
        return None if found is None else Track(*found, self._engine)

    @property
    def _engine(self) -> str:
        return f"{self.engine}:{self.translating.version}"

    async def call(self, prepared: Piece, spent: Spending) -> dict[str, Any]:
        """Return `{"texts": [[id, source, translation]], "untranslated": {id: what was wrong}}`.

        Whatever the engine, a text that violates a check keeps the source's, and is named.
        Raises `shared.errors.EngineError`.
        """
        if not prepared.items:
            return {"texts": [], "untranslated": {}}
        answer = await self.translating.translate(prepared.items, prepared.into, spent=spent)
        texts, untranslated = [], {}
        for item in prepared.items:
            text = answer.get(item.id)
            wrong = ["no translation"] if text is None else violations(item.text, text)
            if wrong:
                untranslated[item.id] = wrong
            else:
                texts.append([item.id, item.text, text])
        return {"texts": texts, "untranslated": untranslated}

    async def store(
        self, work: UnitOfWork[Rows], event: TranslationRequested, output: dict[str, Any]
    ) -> list[Event]:
        """Store the translation beside its source."""
        translated = {Item(id_, source): text for id_, source, text in output["texts"]}
        if event.article_id is None:
            left = await self._save_subtitles(work.rows, event, translated)
        else:
            left = await self._save_article(work.rows, event, event.article_id, translated)
        return [
            TranslationCompleted.following(
                event,
                language=event.language,
                article_id=event.article_id,
                untranslated=len(left),
                left=tuple(left[:_NAMED]),
            )
        ]

    async def _save_subtitles(
        self, rows: Rows, event: TranslationRequested, translated: Mapping[Item, str]
    ) -> list[str]:
        text = await rows.subtitles(event.video_id, held=True)
        track = await self._track(rows, event)
        made, origin, left = pieces.translated_subtitles(text, translated, self._engine, track)
        await rows.save_subtitles(event.video_id, event.language, made, origin)
        return left

    async def _save_article(
        self,
        rows: Rows,
        event: TranslationRequested,
        source_id: UUID,
        translated: Mapping[Item, str],
    ) -> list[str]:
        source = await rows.article(source_id)
        if source is None:
            return []  # deleted while it was translated: there is nothing left to stand beside
        standing = await self._standing(rows, source, event.language)
        done = pieces.translated_article(
            source.title, source.content, translated, self._engine, standing
        )
        made = uuid5(source.chapter_id, event.language)
        # Its slug follows the source's, unless an article that a person added has it.
        others = await rows.article_slugs(source.chapter_id, event.language, made)
        slug = pieces.free_slug(source.slug, others)
        await rows.save_article(
            Article(
                made, source.chapter_id, event.language, slug, done.title, done.content, done.origin
            )
        )
        return done.left

    async def fail(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: TranslationRequested,  # noqa: ARG002
        reason: str,  # noqa: ARG002
    ) -> list[Event]:
        """Add nothing: no other piece waits for this one."""
        return []


@dataclass(frozen=True, slots=True)
class Translations:
    """The service's handler: which event goes where."""

    step: Step[Rows]
    units: Units[Rows]

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoTranscribed():
                return await self._each_language(event, event.languages, None)
            case ArticleWritten():
                return await self._each_language(event, event.languages, event.article_id)
            case TranslationRequested():
                return await self.units.run(self.step, event)
            case _:
                return []

    async def _each_language(
        self, event: Event, languages: Sequence[str], article_id: UUID | None
    ) -> list[Event]:
        """Return one request a language; what is in that language already is complete."""
        source = await self.units.database.alone.rows.source_language(event.project_id)
        if source is None:
            return []  # deleted meanwhile: nobody waits for it
        return [
            # Completed, not left out: progress awaits every language that the job names.
            (TranslationCompleted if language == source else TranslationRequested).following(
                event,
                unit=f"translation/{language}/{article_id or 'subtitles'}",
                language=language,
                article_id=article_id,
            )
            for language in dict.fromkeys(languages)
        ]
