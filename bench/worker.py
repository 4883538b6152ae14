"""`python -m bench.worker SERVICE`: a real service whose engine only sleeps, LATENCY_MS a call."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from services.docgen.domain.document import Chapter, Draft, Outline, Section, Wanted
from services.docgen.domain.document import Segment as Said
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.docgen.rows import PostgresRows as DocgenRows
from services.progress import __main__ as progress
from services.transcriber.domain.segments import Segment
from services.transcriber.handler import Plan, Transcriber, Window
from services.transcriber.ports import Look, Recording, Transcript, Wishes
from services.transcriber.rows import PostgresRows as TranscriberRows
from services.transcriber.settings import Settings
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from services.translator.handler import TranslateStep, Translations
from services.translator.rows import PostgresRows as TranslatorRows
from shared import service
from shared.database import UnitOfWork
from shared.events import Event
from shared.routes import Service
from shared.service import Parts
from shared.settings import ServiceSettings
from shared.spending import Spending
from shared.units import Step
from simulation.engines import recording

LATENCY = float(os.environ.get("LATENCY_MS", "0")) / 1000  # seconds
_TEXT = "Words of a video."  # little: what is measured is the way, not the work
R = TypeVar("R")


async def _slept() -> None:
    if LATENCY:
        await asyncio.sleep(LATENCY)


class Hearing:
    """One segment a window."""

    name = "asleep"
    version = "1"
    overlap = 0.0
    reads_subtitles = False

    async def transcribe(
        self, file: Path, recording: Recording, start: float, end: float, *, spent: Spending
    ) -> Transcript:
        """See `services.transcriber.ports.Engine.transcribe`."""
        del file, recording, end, spent
        await _slept()
        return Transcript([Segment(start, start + 1, _TEXT, "", None)])


class Writing:
    """One chapter."""

    engine = "asleep"
    version = 1

    async def outline(self, segments: Sequence[Said], *, spent: Spending) -> Outline:
        """See `services.docgen.ports.Writer.outline`."""
        del spent
        await _slept()
        return Outline((Chapter("A chapter", "One.", tuple(one.number for one in segments)),))

    async def write(
        self, chapter: Chapter, segments: Sequence[Said], outline: Outline, *, spent: Spending
    ) -> Draft:
        """See `services.docgen.ports.Writer.write`."""
        del outline, spent
        await _slept()
        numbers = tuple(one.number for one in segments)
        return Draft(chapter.title, (Section(_TEXT, numbers),))


class Translating:
    """Gives back what it is given."""

    name = "asleep"
    version = 1

    async def languages(self) -> Sequence[str] | None:
        """See `services.translator.ports.Engine.languages`."""
        return None

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str]:
        """See `services.translator.ports.Engine.translate`."""
        del into, spent
        await _slept()
        return {item.id: item.text for item in items}


@dataclass(frozen=True, slots=True)
class Unkept(Generic[R]):
    """A real step that pays for every job, though all videos have the same content."""

    step: Step[R]

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.step.engine

    async def prepare(self, work: UnitOfWork[R], event: Event) -> tuple[str, Any]:
        """See `shared.units.Step.prepare`."""
        key, prepared = await self.step.prepare(work, event)
        return f"{key}:{event.job_id}", prepared

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """See `shared.units.Step.call`."""
        return await self.step.call(prepared, spent)

    async def store(self, work: UnitOfWork[R], event: Event, output: Any) -> Sequence[Event]:
        """See `shared.units.Step.store`."""
        return await self.step.store(work, event, output)

    async def fail(self, work: UnitOfWork[R], event: Event, reason: str) -> Sequence[Event]:
        """See `shared.units.Step.fail`."""
        return await self.step.fail(work, event, reason)


async def _minute(_: Path, wishes: Wishes, /) -> Look:
    return Look(recording(60.0, wishes.project_language), "digest")


async def _no_pictures(_: Path, wanted: Sequence[Wanted], /) -> list[None]:
    return [None] * len(wanted)


@asynccontextmanager
async def transcriber(parts: Parts[Settings, Any]) -> AsyncIterator[Transcriber]:
    """Build the transcriber's handler."""
    length = parts.settings.window_seconds
    plan = Plan(parts.storage, _minute, length)
    yield Transcriber(plan, Unkept(Window(parts.storage, Hearing(), length)), parts.units)


@asynccontextmanager
async def docgen(parts: Parts[ServiceSettings, Any]) -> AsyncIterator[Documents]:
    """Build docgen's handler."""
    writing = Writing()
    article = ArticleStep(writing, parts.storage, _no_pictures)
    yield Documents(Unkept(OutlineStep(writing)), Unkept(article), parts.units)


@asynccontextmanager
async def translator(parts: Parts[ServiceSettings, Any]) -> AsyncIterator[Translations]:
    """Build the translator's handler."""
    yield Translations(Unkept(TranslateStep(Translating())), parts.units)


def main(name: str) -> None:
    """Run one service."""
    match name:
        case "transcriber":
            settings = Settings()  # type: ignore[call-arg, unused-ignore]
            rows = TranscriberRows
            service.run(service.worker(Service.TRANSCRIBER, settings, rows, transcriber))
        case "docgen":
            plain = ServiceSettings()  # type: ignore[call-arg, unused-ignore]
            service.run(service.worker(Service.DOCGEN, plain, DocgenRows, docgen))
        case "translator":
            plain = ServiceSettings()  # type: ignore[call-arg, unused-ignore]
            service.run(service.worker(Service.TRANSLATOR, plain, TranslatorRows, translator))
        case _:
            service.run(progress.frame())


if __name__ == "__main__":
    main(sys.argv[1])
