"""Engines that make the same output of the same input, and a bank that counts their calls."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.docgen.domain.document import Chapter, Draft, Outline, Section, Wanted
from services.docgen.domain.document import Segment as Said
from services.transcriber.domain.segments import Segment
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from shared.database import UnitOfWork
from shared.errors import BlockedError, EngineError, RateLimitedError, TransientError
from shared.events import Event
from shared.spending import Spending
from shared.storage import MissingObjectError
from shared.units import Step
from simulation.process import Process

# Seconds in which a worker that was on its way to a call may not yet know of a cancel: it asks
# again where it took longer than half of its lease of 30 s.
GRACE = 16.0

R = TypeVar("R")
Key = tuple[UUID, int, str]  # job, epoch, unit


class Hearing:
    """The transcriber's engine: a sentence each ten seconds."""

    name = "simulated"
    version = "1"
    overlap = 0.0

    async def transcribe(
        self, file: Path, start: float, end: float, *, spent: Spending
    ) -> list[Segment]:
        """See `services.transcriber.ports.Engine.transcribe`."""
        del file, spent
        moments = range(int(start), int(end), 10)
        return [Segment(n, n + 8, f"Words at {n}.", f"Screen {n}", 0.9) for n in moments]


@dataclass(frozen=True, slots=True)
class Writing:
    """Docgen's engine: `chapters` chapters of equal length."""

    chapters: int
    engine: str = "simulated"
    version: int = 1

    async def outline(self, segments: Sequence[Said], *, spent: Spending) -> Outline:
        """See `services.docgen.ports.Writer.outline`."""
        del spent
        size = max(1, -(-len(segments) // self.chapters))
        parts = [segments[n : n + size] for n in range(0, len(segments), size)]
        return Outline(
            tuple(
                Chapter(f"Chapter {n}", "A part.", tuple(one.number for one in part))
                for n, part in enumerate(parts, 1)
            )
        )

    async def write(
        self, chapter: Chapter, segments: Sequence[Said], outline: Outline, *, spent: Spending
    ) -> Draft:
        """See `services.docgen.ports.Writer.write`."""
        del outline, spent
        text = " ".join(one.spoken for one in segments)
        numbers = tuple(one.number for one in segments)
        return Draft(chapter.title, (Section(text, numbers, segments[0].start),))


class Translating:
    """The translator's engine: capitals."""

    name = "simulated"
    version = 1

    async def languages(self) -> Sequence[str] | None:
        """See `services.translator.ports.Engine.languages`."""
        return None

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str]:
        """See `services.translator.ports.Engine.translate`."""
        del into, spent
        return {item.id: item.text.upper() for item in items}


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture."""

    second: float
    name: str
    webp: bytes = b"RIFF"


async def pictures(file: Path, wanted: Sequence[Wanted], /) -> list[Frame | None]:
    """See `services.docgen.ports.Pictures`."""
    del file
    return [Frame(one.moment, f"{round(one.moment * 1000)}.webp") for one in wanted]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The storage port: every object is the same file, and what is put there is forgotten."""

    file: Path

    @asynccontextmanager
    async def local(self, path: str) -> AsyncIterator[Path]:
        """See `shared.storage.Storage.local`."""
        del path
        yield self.file

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """See `shared.storage.Storage.put`."""

    async def get(self, path: str) -> bytes:
        """See `shared.storage.Storage.get`."""
        raise MissingObjectError(path)


@dataclass
class Account:
    """What became of a unit's calls."""

    begun: int = 0
    failed: int = 0

    @property
    def paid(self) -> int:
        """How many were answered, or may have been."""
        return self.begun - self.failed


@dataclass(frozen=True, slots=True)
class Moods:
    """How engines behave: probabilities of a call, units that are always refused, latency in s."""

    transient: float = 0.0
    limited: float = 0.0
    slow: float = 0.0
    refused: frozenset[str] = frozenset()
    latency: float = 2.0


@dataclass
class Bank:
    """Counts calls by unit, and makes some of them fail while `moods` say so."""

    chance: random.Random
    moods: Moods
    calm: bool = False
    accounts: dict[Key, Account] = field(default_factory=dict)
    # When a person's wish to cancel was committed, on the loop's clock; and calls begun long after.
    cancelled: dict[tuple[UUID, int], float] = field(default_factory=dict)
    late: list[Key] = field(default_factory=list)

    async def call(self, key: Key, process: Process, spent: Spending) -> None:
        """Begin a call: let its time pass, and raise what the moods hold for it."""
        account = self.accounts.setdefault(key, Account())
        account.begun += 1
        cancelled = self.cancelled.get(key[:2])
        if cancelled is not None and asyncio.get_running_loop().time() > cancelled + GRACE:
            self.late.append(key)
        mood, latency = self.chance.random(), self.chance.uniform(0, self.moods.latency)
        if not self.calm and self.chance.random() < self.moods.slow:
            latency = self.chance.uniform(10, 200)
        for share in (0.3, 0.6, 1.0):
            await asyncio.sleep(latency / 3)
            spent.reach(share)
        await process.step()
        error: EngineError | None = None
        if key[2] in self.moods.refused:
            error = BlockedError("refused")
        elif not self.calm and mood < self.moods.transient:
            error = TransientError("overloaded")
        elif not self.calm and mood < self.moods.transient + self.moods.limited:
            error = RateLimitedError(self.chance.choice([1.0, 7.0, 45.0, 900.0]))
        if error is not None:
            account.failed += 1
            raise error


@dataclass(frozen=True, slots=True)
class Counted(Generic[R]):
    """A real step whose calls go through the bank."""

    step: Step[R]
    bank: Bank
    process: Process

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.step.engine

    async def prepare(self, work: UnitOfWork[R], event: Event) -> tuple[str, Any]:
        """See `shared.units.Step.prepare`."""
        key, prepared = await self.step.prepare(work, event)
        unit = "outline" if event.kind == "video.transcribed" else event.unit
        return key, ((event.job_id, event.epoch, unit), prepared)

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """See `shared.units.Step.call`."""
        key, inner = prepared
        await self.bank.call(key, self.process, spent)
        return await self.step.call(inner, spent)

    async def store(self, work: UnitOfWork[R], event: Event, output: Any) -> Sequence[Event]:
        """See `shared.units.Step.store`."""
        return await self.step.store(work, event, output)

    async def fail(self, work: UnitOfWork[R], event: Event, reason: str) -> Sequence[Event]:
        """See `shared.units.Step.fail`."""
        return await self.step.fail(work, event, reason)
