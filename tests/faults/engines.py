"""Engines without a network, and a step around a real one that keeps the book of its calls."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look
from shared.database import UnitOfWork
from shared.errors import TransientError
from shared.events import Event
from shared.routes import Service
from shared.service import Parts
from shared.spending import Spending
from shared.units import Step
from tests.faults.script import Book, Fate, Line, Point, Script

R = TypeVar("R")

WINDOW = 60.0  # seconds of video


class Hearing:
    """The transcriber's engine: what it hears names the file, so that no two videos are alike."""

    name = "scripted"
    version = "1"
    overlap = 0.0

    async def transcribe(
        self, file: Path, start: float, end: float, *, spent: Spending
    ) -> list[Segment]:
        """See `services.transcriber.ports.Engine.transcribe`."""
        del spent
        content = await asyncio.to_thread(file.read_text)
        return [
            Segment(n, n + 8, f"Words at {n} of {content}.", f"Screen {n}", 0.9)
            for n in range(int(start), int(end), 10)
        ]


@dataclass
class Conduct:
    """What calls do in this process, as the script says."""

    script: Script
    service: Service
    fate: Fate
    book: Book
    calls: int = 0
    known: set[str] = field(default_factory=set)

    async def begin(self, key: tuple[str, int, str]) -> None:
        """Begin a call: let its time pass, or never come back, or fail in passing."""
        self.fate.meet(Point.BEFORE_CALL)
        self.write("begun", key)
        self.calls += 1
        if self.calls == self.script.hang:
            await asyncio.Event().wait()
        await asyncio.sleep(self.script.seconds / 2)
        self.fate.meet(Point.DURING_CALL)
        await asyncio.sleep(self.script.seconds / 2)
        if self.script.fails and str(key) not in self.known:
            self.known.add(str(key))
            self.write("failed", key)
            message = "the scripted engine failed in passing"
            raise TransientError(message)

    def end(self, key: tuple[str, int, str]) -> None:
        """Note the answer."""
        self.write("answered", key)
        self.fate.meet(Point.AFTER_CALL)

    def write(self, what: str, key: tuple[str, int, str]) -> None:
        """Add a line about a call to the book."""
        self.book.write(Line(what, *key, self.service.value, os.getpid()))


@dataclass(frozen=True, slots=True)
class Booked(Generic[R]):
    """A real step whose calls are conducted and booked."""

    step: Step[R]
    conduct: Conduct

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.step.engine

    async def prepare(self, work: UnitOfWork[R], event: Event) -> tuple[str, Any]:
        """See `shared.units.Step.prepare`."""
        key, prepared = await self.step.prepare(work, event)
        unit = "outline" if event.kind == "video.transcribed" else event.unit
        self.conduct.fate.meet(Point.PREPARED)
        return key, ((str(event.job_id), event.epoch, unit), prepared)

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """See `shared.units.Step.call`."""
        key, inner = prepared
        await self.conduct.begin(key)
        answer = await self.step.call(inner, spent)
        self.conduct.end(key)
        return answer

    async def store(self, work: UnitOfWork[R], event: Event, output: Any) -> Sequence[Event]:
        """See `shared.units.Step.store`."""
        return await self.step.store(work, event, output)

    async def fail(self, work: UnitOfWork[R], event: Event, reason: str) -> Sequence[Event]:
        """See `shared.units.Step.fail`."""
        return await self.step.fail(work, event, reason)


@asynccontextmanager
async def handler(
    service: Service, parts: Parts[Any, Any], script: Script, fate: Fate
) -> AsyncIterator[Any]:
    """Build a service's handler as its own `build` does, on scripted engines."""
    conduct = Conduct(script, service, fate, Book(Path(script.book)))
    if service is Service.TRANSLATOR:
        yield _translator(parts, conduct)
        return
    from shared import storage  # noqa: PLC0415 - lean

    build = _transcriber if service is Service.TRANSCRIBER else _docgen
    async with storage.opened(parts.settings) as stored:
        yield build(parts, stored, conduct)


def _transcriber(parts: Parts[Any, Any], stored: Any, conduct: Conduct) -> Any:
    from services.transcriber.handler import Plan, Transcriber, Window  # noqa: PLC0415 - lean

    async def look(file: Path, /) -> Look:
        content = await asyncio.to_thread(file.read_text)
        return Look(WINDOW * conduct.script.windows, content)

    plan = Plan(parts.database, stored, look, WINDOW)
    window = Window(stored, Hearing(), WINDOW)
    return Transcriber(plan, Booked(window, conduct), parts.units)


def _docgen(parts: Parts[Any, Any], stored: Any, conduct: Conduct) -> Any:
    from services.docgen.handler import ArticleStep, Documents, OutlineStep  # noqa: PLC0415 - lean
    from simulation.engines import Writing, pictures  # noqa: PLC0415

    writing = Writing(conduct.script.chapters)
    article = ArticleStep(writing, stored, pictures)
    return Documents(Booked(OutlineStep(writing), conduct), Booked(article, conduct), parts.units)


def _translator(parts: Parts[Any, Any], conduct: Conduct) -> Any:
    from services.translator.handler import TranslateStep, Translations  # noqa: PLC0415 - lean
    from simulation.engines import Translating  # noqa: PLC0415

    return Translations(Booked(TranslateStep(Translating()), conduct), parts.units)
