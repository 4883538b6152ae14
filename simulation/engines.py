"""Engines that make the same output of the same input, and a bank that counts their calls."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.docgen.domain.document import Chapter, Draft, Outline, Section, Wanted
from services.docgen.domain.document import Segment as Said
from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Recording, Transcript
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from shared.database import UnitOfWork
from shared.errors import BlockedError, RateLimitedError, TransientError
from shared.events import ArticleWritten, Event, VideoTranscribed
from shared.media.tracks import MediaFile, SoundTrack
from shared.spending import Spending
from shared.storage import MissingObjectError
from shared.units import Step
from simulation.process import Process
from simulation.troubles import Place, Trouble, pass_by, tripping

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
    reads_subtitles = False

    async def transcribe(
        self, file: Path, recording: Recording, start: float, end: float, *, spent: Spending
    ) -> Transcript:
        """See `services.transcriber.ports.Engine.transcribe`."""
        del file, recording
        await _charged(spent)
        moments = range(int(start), int(end), 10)
        return Transcript(
            [Segment(n, n + 8, f"Words at {n}.", f"Screen {n}", 0.9) for n in moments]
        )


def recording(duration: float, language: str = "en") -> Recording:
    """Return a recording of `duration` seconds with one sound track."""
    sound = SoundTrack(0, "aac", language, "", default=True, purpose="main", channels=1)
    media = MediaFile(
        container="mp4",
        duration=duration,
        missing=0.0,
        origin=0.0,
        restarts=False,
        picture=None,
        sounds=(sound,),
        subtitles=(),
        unreadable=(),
    )
    return Recording(media, 0, language)


@dataclass(frozen=True, slots=True)
class Writing:
    """Docgen's engine: `chapters` chapters of equal length."""

    chapters: int
    engine: str = "simulated"
    version: int = 1

    async def outline(self, segments: Sequence[Said], *, spent: Spending) -> Outline:
        """See `services.docgen.ports.Writer.outline`."""
        await _charged(spent)
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
        del outline
        await _charged(spent)
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
        del into
        await _charged(spent)
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
        pass_by()
        yield self.file

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """See `shared.storage.Storage.put`."""
        del path, data, content_type
        pass_by()  # a full disk, say

    async def get(self, path: str) -> bytes:
        """See `shared.storage.Storage.get`."""
        raise MissingObjectError(path)


@dataclass
class Account:
    """What became of a unit's calls.

    Those that were answered are paid for; of them, `wasted` were lost within the call itself.
    """

    begun: int = 0
    failed: int = 0
    limited: int = 0
    answered: int = 0
    wasted: int = 0

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
    free: bool = False  # they cost nothing, as offline ones


@dataclass
class Bank:
    """Counts calls by unit, and makes some of them fail while `moods` say so."""

    chance: random.Random
    moods: Moods
    troubles: Sequence[Trouble] = ()
    calm: bool = False
    accounts: dict[Key, Account] = field(default_factory=dict)
    # When a person's wish to cancel was committed, on the loop's clock; and calls begun long after.
    cancelled: dict[tuple[UUID, int], float] = field(default_factory=dict)
    late: list[Key] = field(default_factory=list)

    async def call(self, key: Key, process: Process, spent: Spending) -> None:
        """Begin a call: let its time pass, raise what the moods hold for it, or charge for it."""
        account = self.accounts.setdefault(key, Account())
        account.begun += 1
        cancelled = self.cancelled.get(key[:2])
        if cancelled is not None and asyncio.get_running_loop().time() > cancelled + GRACE:
            self.late.append(key)
        try:
            await self._answered(key, process, spent)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            account.failed += 1
            account.limited += isinstance(error, RateLimitedError)
            raise
        account.answered += 1
        if not self.moods.free:
            spent.add(model="simulated", prompt=100, output=10)

    async def _answered(self, key: Key, process: Process, spent: Spending) -> None:
        mood, latency = self.chance.random(), self.chance.uniform(0, self.moods.latency)
        if not self.calm and self.chance.random() < self.moods.slow:
            latency = self.chance.uniform(10, 200)
        for share in (0.3, 0.6, 1.0):
            await asyncio.sleep(latency / 3)
            spent.reach(share)
        await process.step()
        if key[2] in self.moods.refused:
            raise BlockedError("refused")  # noqa: EM101
        if not self.calm and mood < self.moods.transient:
            raise TransientError("overloaded")  # noqa: EM101
        if not self.calm and mood < self.moods.transient + self.moods.limited:
            raise RateLimitedError(self.chance.choice([1.0, 7.0, 45.0, 900.0]))

    def trouble(self, unit: str, place: Place) -> Trouble | None:
        """Return what is wrong with a unit at a place, this time."""
        for one in self.troubles:
            if one.place is place and unit.startswith(one.prefix):
                forever = one.often >= 1
                if forever or (not self.calm and self.chance.random() < one.often):
                    return one
        return None


@dataclass(frozen=True, slots=True)
class _Visit:
    """The unit in which an engine is called."""

    key: Key
    bank: Bank
    process: Process


_visit: ContextVar[_Visit | None] = ContextVar("visit", default=None)


async def _charged(spent: Spending) -> None:
    """Charge for a call, where there is a bank; what was answered is kept, as by a real engine."""
    visit = _visit.get()
    if visit is None:
        return

    async def ask() -> bool:
        await visit.bank.call(visit.key, visit.process, spent)
        trouble = visit.bank.trouble(visit.key[2], Place.ANSWER)
        if trouble is not None and trouble.raised is not None:
            visit.bank.accounts[visit.key].wasted += 1
            raise trouble.raised
        return True

    await (ask() if visit.bank.moods.free else spent.once("the only one", ask))


@dataclass(frozen=True, slots=True)
class Counted(Generic[R]):
    """A real step whose calls go through the bank, and which meets its troubles."""

    step: Step[R]
    bank: Bank
    process: Process
    name: str | None = None  # of its unit, where that is not the event's

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.step.engine

    async def prepare(self, work: UnitOfWork[R], event: Event) -> tuple[str | None, Any]:
        """See `shared.units.Step.prepare`."""
        unit = self._unit(event)
        async with self._troubled(unit, Place.PREPARE):
            key, prepared = await self.step.prepare(work, event)
        return key, ((event.job_id, event.epoch, unit), prepared)

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """See `shared.units.Step.call`."""
        key, inner = prepared
        token = _visit.set(_Visit(key, self.bank, self.process))
        try:
            async with self._troubled(key[2], Place.CALL):
                return await self.step.call(inner, spent)
        finally:
            _visit.reset(token)

    async def store(self, work: UnitOfWork[R], event: Event, output: Any) -> Sequence[Event]:
        """See `shared.units.Step.store`."""
        async with self._troubled(self._unit(event), Place.STORE):
            return await self.step.store(work, event, output)

    async def fail(self, work: UnitOfWork[R], event: Event, reason: str) -> Sequence[Event]:
        """See `shared.units.Step.fail`."""
        async with self._troubled(self._unit(event), Place.FAIL):
            return await self.step.fail(work, event, reason)

    def _unit(self, event: Event) -> str:
        match self.name, event:
            case str() as name, _:
                return name
            case _, ArticleWritten():
                return f"languages/{event.article_id}"
            case _, VideoTranscribed():
                return "languages/subtitles"
            case _:
                return event.unit

    @asynccontextmanager
    async def _troubled(self, unit: str, place: Place) -> AsyncIterator[None]:
        trouble = self.bank.trouble(unit, place)
        if trouble is None:
            yield
        elif trouble.raised is not None:
            with tripping(self.bank.chance, trouble.raised):
                yield
        else:
            for _ in range(self.bank.chance.randint(0, 3)):
                await self.process.step()
            self.process.kill()
            await self.process.step()  # from which it does not come back
            yield
