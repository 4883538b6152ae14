"""Engines without a network, and a step around a real one that keeps the book of its calls."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look, Recording, Transcript, Wishes
from shared.database import UnitOfWork
from shared.errors import ChildDiedError, TransientError
from shared.events import Event
from shared.routes import Service
from shared.service import Parts
from shared.spending import Call, Spending
from shared.units import Step
from simulation.engines import recording
from tests.faults.script import Book, Fate, Line, Point, Script, Trouble

R = TypeVar("R")

WINDOW = 60.0  # seconds of video


class Hearing:
    """The transcriber's engine: what it hears names the file, so that no two videos are alike."""

    name = "scripted"
    version = "1"
    overlap = 0.0
    reads_subtitles = False

    async def transcribe(
        self, file: Path, recording: Recording, start: float, end: float, *, spent: Spending
    ) -> Transcript:
        """See `services.transcriber.ports.Engine.transcribe`."""
        del recording, spent
        content = await asyncio.to_thread(file.read_text)
        return Transcript(
            [
                Segment(n, n + 8, f"Words at {n} of {content}.", f"Screen {n}", 0.9)
                for n in range(int(start), int(end), 10)
            ]
        )


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

    def lose(self, key: tuple[str, int, str]) -> None:
        """Note that an answer was lost in the call itself."""
        self.write("failed", key, lost=True)

    def troubled(self, event: Event, unit: str, *kinds: Trouble) -> bool:
        """Say whether a unit is in trouble of one of these kinds."""
        script = self.script
        if script.trouble not in kinds or not unit.startswith(script.unit):
            return False
        if script.victim not in {"", str(event.job_id)}:
            return False
        first = f"{event.job_id} {unit}" not in self.known
        self.known.add(f"{event.job_id} {unit}")
        return first or script.trouble is not Trouble.STORE_ONCE

    def write(self, what: str, key: tuple[str, int, str], *, lost: bool = False) -> None:
        """Add a line about a call to the book."""
        self.book.write(Line(what, *key, self.service.value, os.getpid(), lost))


@dataclass(frozen=True, slots=True)
class Booked(Generic[R]):
    """A real step whose calls are conducted and booked."""

    step: Step[R]
    conduct: Conduct
    name: str | None = None  # of its unit, where that is not the event's
    free: bool = False  # it calls no engine

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.step.engine

    async def prepare(self, work: UnitOfWork[R], event: Event) -> tuple[str | None, Any]:
        """See `shared.units.Step.prepare`."""
        key, prepared = await self.step.prepare(work, event)
        self.conduct.fate.meet(Point.PREPARED)
        return key, (event, prepared)

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """See `shared.units.Step.call`."""
        event, inner = prepared
        unit = self.name or event.unit
        key = (str(event.job_id), event.epoch, unit)
        if not self.free:
            await self.conduct.begin(key)
        if self.conduct.troubled(event, unit, Trouble.DEADLY):
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            answer = await self._answer(event, unit, inner, spent)
        except Exception:
            if not self.free:
                self.conduct.lose(key)
            raise
        if not self.free:
            self.conduct.end(key)
        return answer

    async def _answer(self, event: Event, unit: str, inner: Any, spent: Spending) -> Any:
        if not self.free:
            spent.add(model="scripted", prompt=100, output=10)
        if self.conduct.troubled(event, unit, Trouble.CHILD):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"
            )
            message = f"The decoder ended with {await child.wait()}."
            raise ChildDiedError(message)
        if self.conduct.troubled(event, unit, Trouble.HANDLER, Trouble.FAIL):
            message = "the answer is none"
            raise ValueError(message)
        return await self.step.call(inner, spent)

    async def store(self, work: UnitOfWork[R], event: Event, output: Any) -> Sequence[Event]:
        """See `shared.units.Step.store`."""
        following = await self.step.store(work, event, output)
        if self.conduct.troubled(event, self.name or event.unit, Trouble.STORE, Trouble.STORE_ONCE):
            # Refused by the database itself: no call has fewer tokens than none.
            await work.ledger.spend(
                event, "broken", self.conduct.service, [Call("scripted", -1, 0)]
            )
        return following

    async def fail(self, work: UnitOfWork[R], event: Event, reason: str) -> Sequence[Event]:
        """See `shared.units.Step.fail`."""
        if self.conduct.troubled(event, self.name or event.unit, Trouble.FAIL):
            raise ValueError(reason)
        return await self.step.fail(work, event, reason)


def handler(service: Service, parts: Parts[Any, Any], script: Script, fate: Fate) -> Any:
    """Build a service's handler as its own `build` does, on scripted engines."""
    conduct = Conduct(script, service, fate, Book(Path(script.book)))
    match service:
        case Service.TRANSCRIBER:
            return _transcriber(parts, conduct)
        case Service.DOCGEN:
            return _docgen(parts, conduct)
        case _:
            return _translator(parts, conduct)


def _transcriber(parts: Parts[Any, Any], conduct: Conduct) -> Any:
    from services.transcriber.handler import PLAN, Plan, Transcriber, Window  # noqa: PLC0415 - lean

    async def look(file: Path, wishes: Wishes, /) -> Look:
        content = await asyncio.to_thread(file.read_text)
        return Look(recording(WINDOW * conduct.script.windows, wishes.project_language), content)

    plan = Booked(Plan(parts.storage, look, WINDOW), conduct, PLAN, free=True)
    window = Window(parts.storage, Hearing(), WINDOW)
    return Transcriber(plan, Booked(window, conduct), parts.units)


def _docgen(parts: Parts[Any, Any], conduct: Conduct) -> Any:
    from services.docgen.handler import (  # noqa: PLC0415 - lean
        OUTLINE,
        ArticleStep,
        Documents,
        OutlineStep,
    )
    from simulation.engines import Writing, pictures  # noqa: PLC0415

    writing = Writing(conduct.script.chapters)
    article = ArticleStep(writing, parts.storage, pictures)
    outline = Booked(OutlineStep(writing), conduct, OUTLINE)
    return Documents(outline, Booked(article, conduct), parts.units)


def _translator(parts: Parts[Any, Any], conduct: Conduct) -> Any:
    from services.translator.handler import TranslateStep, Translations  # noqa: PLC0415 - lean
    from simulation.engines import Translating  # noqa: PLC0415

    return Translations(Booked(TranslateStep(Translating()), conduct), parts.units)
