"""What the translator does with its events: ask for each language, and translate one piece."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.translator.domain import pieces
from services.translator.domain.checks import Failed, violations
from services.translator.domain.items import Item
from services.translator.domain.pieces import Done
from services.translator.domain.standing import Standing
from services.translator.domain.style import Into
from services.translator.domain.track import Track
from services.translator.ports import Engine, Rows, Sides, Subtitles
from shared.articles import Article
from shared.database import UnitOfWork
from shared.errors import UnsupportedError
from shared.events import (
    ArticleWritten,
    Event,
    TranslationCompleted,
    TranslationRequested,
    UnitFailed,
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
        into = await work.rows.into(event.video_id, event.language)
        if into is None:
            message = f"the project {event.project_id} is gone"
            raise UnsupportedError(message)
        items = await self._items(work.rows, event)
        style = into.style
        wishes = [style.formality, style.occurring([item.text for item in items])]
        content = orjson.dumps([wishes, [[item.id, item.text] for item in items]])
        digest = hashlib.sha256(content).hexdigest()
        key = f"translation:{self._engine}:{into.source}:{event.language}:{digest}"
        return key, Piece(tuple(items), into)

    async def _items(self, rows: Rows, event: TranslationRequested) -> list[Item]:
        if event.article_id is None:
            found = await rows.subtitles(event.video_id, event.language)
            return pieces.subtitle_items(found.source, self._track(found))
        sides = await rows.sides(event.article_id, event.language)
        if sides is None:
            message = f"the article {event.article_id} is gone: process the video again"
            raise UnsupportedError(message)
        return pieces.article_items(sides.source.title, sides.source.content, self._standing(sides))

    def _standing(self, sides: Sides) -> Standing | None:
        """Return the translation that stands already, as far as a machine began it."""
        if (one := sides.standing) is None:
            return None
        return Standing(one.title, one.content, one.origin, self._engine)

    def _track(self, found: Subtitles) -> Track | None:
        """Return the subtitles that stand already, as far as a machine began them."""
        return None if found.standing is None else Track(*found.standing, self._engine)

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
            match answer.get(item.id):
                case str() as text if not (wrong := violations(item.text, text)):
                    texts.append([item.id, item.text, text])
                case str():
                    untranslated[item.id] = wrong
                case Failed() as failed:
                    untranslated[item.id] = list(failed.wrong)
                case None:
                    untranslated[item.id] = ["no translation"]
        return {"texts": texts, "untranslated": untranslated}

    async def store(
        self, work: UnitOfWork[Rows], event: TranslationRequested, output: dict[str, Any]
    ) -> list[Event]:
        """Store the translation beside its source."""
        done = Done(
            {Item(id_, source): text for id_, source, text in output["texts"]},
            self._engine,
            output["untranslated"],
        )
        if event.article_id is None:
            left = await self._save_subtitles(work.rows, event, done)
        else:
            left = await self._save_article(work.rows, event, event.article_id, done)
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
        self, rows: Rows, event: TranslationRequested, done: Done
    ) -> list[str]:
        found = await rows.subtitles(event.video_id, event.language, held=True)
        made, origin, left = pieces.translated_subtitles(found.source, done, self._track(found))
        await rows.save_subtitles(event.video_id, event.language, made, origin)
        return left

    async def _save_article(
        self, rows: Rows, event: TranslationRequested, source_id: UUID, done: Done
    ) -> list[str]:
        sides = await rows.sides(source_id, event.language, held=True)
        if sides is None:
            return []  # deleted while it was translated: there is nothing left to stand beside
        source = sides.source
        made = pieces.translated_article(source.title, source.content, done, self._standing(sides))
        # Its slug follows the source's, unless an article that a person added has it.
        slug = pieces.free_slug(source.slug, sides.slugs)
        await rows.save_article(
            Article(
                uuid5(source.chapter_id, event.language),
                source.chapter_id,
                event.language,
                slug,
                made.title,
                made.content,
                made.origin,
            )
        )
        return made.left

    async def fail(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: TranslationRequested,  # noqa: ARG002
        reason: str,  # noqa: ARG002
    ) -> list[Event]:
        """Add nothing: no other piece waits for this one."""
        return []


@dataclass(frozen=True, slots=True)
class AskStep:
    """Ask for the translations of an article, or of the subtitles, into each language.

    Free of charge; as a unit it ends like any other, and the languages that wait for it as well.
    """

    engine: str = "ask"

    async def prepare(
        self,
        work: UnitOfWork[Rows],
        event: VideoTranscribed | ArticleWritten,
    ) -> tuple[None, str | None]:
        """Load the language that the video speaks."""
        return None, await work.rows.spoken_language(event.video_id)

    async def call(self, prepared: str | None, spent: Spending) -> str | None:
        """Return the spoken language: there is nothing to do about it."""
        del spent
        return prepared

    async def store(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: VideoTranscribed | ArticleWritten,
        output: str | None,
    ) -> list[Event]:
        """Return one request a language; what is in that language already is complete."""
        if output is None:
            return []  # deleted meanwhile: nobody waits for it
        return [
            # Completed, not left out: progress awaits every language that the job names.
            (TranslationCompleted if language == output else TranslationRequested).following(
                event, unit=unit, language=language, article_id=_article(event)
            )
            for language, unit in _pieces(event)
        ]

    async def fail(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: VideoTranscribed | ArticleWritten,
        reason: str,
    ) -> list[Event]:
        """Let each language fail: progress awaits them all."""
        return [UnitFailed.following(event, unit=unit, reason=reason) for _, unit in _pieces(event)]


def _article(event: VideoTranscribed | ArticleWritten) -> UUID | None:
    return event.article_id if isinstance(event, ArticleWritten) else None


def _piece(event: VideoTranscribed | ArticleWritten) -> str:
    return str(_article(event) or "subtitles")


def _pieces(event: VideoTranscribed | ArticleWritten) -> list[tuple[str, str]]:
    """Return each language with the unit of its translation."""
    piece = _piece(event)
    return [(one, f"translation/{one}/{piece}") for one in dict.fromkeys(event.languages)]


@dataclass(frozen=True, slots=True)
class Translations:
    """The service's handler: which event goes where."""

    step: Step[Rows]
    units: Units[Rows]
    asking: Step[Rows] = field(default_factory=AskStep)

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoTranscribed() | ArticleWritten() if event.languages:
                return await self.units.run(self.asking, event, unit=f"languages/{_piece(event)}")
            case TranslationRequested():
                return await self.units.run(self.step, event)
            case _:
                return []
