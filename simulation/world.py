"""A database in memory: tables of immutable rows, one transaction at a time, a clock of its own.

Coarser than PostgreSQL, and never laxer: what one transaction has begun, no other one sees, and a
process that dies takes its open transaction with it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.docgen.ports import PlacedChapter
from services.progress.domain.fold import Step
from services.progress.domain.summary import Summary
from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look, SubtitleFile
from shared.articles import Article
from shared.database import UnitOfWork
from shared.errors import DatabaseAwayError
from shared.events import Event
from shared.formats.tiptap import Node
from shared.spending import Call
from simulation.process import Process

R = TypeVar("R")
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Job:
    """A row of processing_jobs; times are the database's seconds."""

    id: UUID
    project_id: UUID
    video_id: UUID
    languages: tuple[str, ...]
    shown: Summary
    updated_at: float
    accepted_at: float  # for its present epoch
    cancel_requested_at: float | None = None
    # What it came to when it was not cancelled: status, message, and when that was accepted.
    ended: tuple[str, str | None, float] | None = None

    def showing(self, shown: Summary, now: float) -> "Job":
        """Return the job in another state; what it came to outlives the next epoch's cancel."""
        ended = self.ended
        if shown.status in {"completed", "failed"}:
            ended = (shown.status, shown.error_message, self.accepted_at)
        return replace(self, shown=shown, updated_at=now, ended=ended)

    @property
    def epoch(self) -> int:
        """How often it was started."""
        return self.shown.epoch

    @property
    def open(self) -> bool:
        """Say whether work may be claimed for it."""
        return self.shown.status in {"pending", "processing"} and self.cancel_requested_at is None


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of work_units."""

    service: str
    state: str
    owner: str
    fence: int
    lease_until: float
    updated_at: float
    due_at: float = _NEVER
    unknown: int = 0
    reason: str = ""
    attempts: int = 0
    deaths: int = 0
    child_deaths: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of the outbox."""

    event: Event
    service: str
    cause: str
    created_at: float
    published: bool = False


@dataclass(frozen=True, slots=True)
class Video:
    """A row of videos."""

    project_id: UUID
    storage_path: str | None
    look: Look | None = None
    subtitle_file: SubtitleFile | None = None
    vtt: str | None = None
    vtt_machine: str | None = None
    vtt_proposal: str | None = None
    vtt_languages: tuple[tuple[str, str], ...] = ()
    vtt_origins: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    refusal: str | None = None


@dataclass(slots=True)
class Tables:
    """Every table by its key."""

    projects: dict[UUID, str] = field(default_factory=dict)  # to its source language
    videos: dict[UUID, Video] = field(default_factory=dict)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    units: dict[tuple[UUID, int, str], Unit] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    calls: dict[UUID, tuple[tuple[UUID, int, str], Call]] = field(default_factory=dict)
    outbox: dict[UUID, Posted] = field(default_factory=dict)
    steps: dict[tuple[UUID, int, str], tuple[Step, float]] = field(default_factory=dict)
    timeline: dict[tuple[UUID, int], Event] = field(default_factory=dict)
    segments: dict[tuple[UUID, int], tuple[Segment, str]] = field(default_factory=dict)
    chapters: dict[UUID, tuple[UUID, UUID, int, PlacedChapter]] = field(default_factory=dict)
    articles: dict[UUID, tuple[Article, str]] = field(default_factory=dict)  # with its status
    proposals: dict[UUID, tuple[str, Node]] = field(default_factory=dict)  # title and content
    engines: dict[str, tuple[str, tuple[str, ...] | None]] = field(default_factory=dict)

    def copy(self) -> "Tables":
        """Return tables that can be changed apart from these."""
        return Tables(*(dict(getattr(self, one.name)) for one in fields(self)))


Watch = Callable[[Tables, Tables], None]


class World:
    """The server. `watch` is told of every commit: the tables before and after it."""

    def __init__(self, clock: Callable[[], float], watch: Watch | None = None) -> None:
        self.tables = Tables()
        self.skew = 0.0  # seconds by which the server's clock is ahead
        self.away = False
        self._clock = clock
        self._watch = watch
        self._lock = asyncio.Lock()
        self._session: View | None = None

    def now(self) -> float:
        """Return the server's time in seconds."""
        return self._clock() + self.skew

    def go_away(self) -> None:
        """Let nobody in, and roll back what is open."""
        self.away = True
        self._abort()

    def come_back(self) -> None:
        """Let everybody in again."""
        self.away = False

    def forget(self, process: Process) -> None:
        """Roll back what a process has open that has died."""
        if self._session is not None and self._session.process is process:
            self._abort()

    def check(self) -> None:
        """Raise DatabaseAwayError while nobody is let in."""
        if self.away:
            message = "the world is away"
            raise DatabaseAwayError(message)

    async def begin(self, process: Process) -> "View":
        """Begin a transaction once the one before has ended."""
        await self._lock.acquire()
        if process.dead or self.away:
            self._lock.release()
            await process.step()
            self.check()
        self._session = View(self, process, self.tables.copy())
        return self._session

    def end(self, view: "View", *, commit: bool) -> None:
        """End a transaction."""
        if self._session is not view:
            message = "the transaction was rolled back when the world went away"
            raise DatabaseAwayError(message)
        if commit:
            self.replace(view.tables)
        self._abort()

    def holds(self, view: "View") -> bool:
        """Say whether a transaction is still open."""
        return self._session is view

    def replace(self, tables: Tables) -> None:
        """Commit."""
        before, self.tables = self.tables, tables
        if self._watch is not None:
            self._watch(before, tables)

    def _abort(self) -> None:
        if self._session is not None:
            self._session = None
            self._lock.release()


class View:
    """What statements of one process see: the committed tables, or a transaction's own."""

    def __init__(self, world: World, process: Process, own: Tables | None = None) -> None:
        self.world = world
        self.process = process
        self._own = own

    @property
    def tables(self) -> Tables:
        """The tables to read."""
        return self.world.tables if self._own is None else self._own

    async def read(self) -> Tables:
        """Return the tables, after the time that a statement takes."""
        await self.process.step()
        self.world.check()
        return self.tables

    async def write(self, change: Callable[[Tables], Any]) -> Any:
        """Run a statement that changes tables; alone, it is committed at once."""
        await self.process.step()
        self.world.check()
        if self._own is not None:
            return change(self._own)
        # A transaction by itself, or it would be undone by one that began before it.
        view = await self.world.begin(self.process)
        try:
            result = change(view.tables)
        except BaseException:
            self.world.end(view, commit=False)
            raise
        self.world.end(view, commit=True)
        await self.process.step()
        return result


class MemoryDatabase(Generic[R]):
    """The database port on a world, for one process.

    `bind` makes a unit of work of a view; a commit's outcome is lost on the way back with the
    probability `unsure`.
    """

    def __init__(
        self,
        world: World,
        process: Process,
        bind: Callable[[View], UnitOfWork[R]],
        chance: random.Random,
        unsure: float = 0.0,
    ) -> None:
        self._world = world
        self._process = process
        self._bind = bind
        self._chance = chance
        self._unsure = unsure
        self._alone = bind(View(world, process))
        # A server rolls back for who is gone, and in the end for who does not answer.
        process.on_death.append(lambda: world.forget(process))
        process.on_stop.append(lambda: world.forget(process))

    @property
    def alone(self) -> UnitOfWork[R]:
        """See `shared.database.Database.alone`."""
        return self._alone

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork[R]]:
        """See `shared.database.Database.transaction`."""
        await self._process.step()
        self._world.check()
        view = await self._world.begin(self._process)
        try:
            yield self._bind(view)
            await self._process.step()
        except BaseException:
            if self._world.holds(view):
                self._world.end(view, commit=False)
            raise
        if self._chance.random() < self._unsure:
            commit = self._chance.random() < 0.5  # noqa: PLR2004 - one half
            self._world.end(view, commit=commit)
            message = "the connection was lost during the commit"
            raise DatabaseAwayError(message)
        self._world.end(view, commit=True)
        await self._process.step()

    async def ping(self) -> None:
        """See `shared.database.Database.ping`."""
        self._world.check()
