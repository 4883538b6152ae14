"""The processes of a scenario: each service's real handler and runtime, born again on death."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from services.docgen.handler import OUTLINE, ArticleStep, Documents, OutlineStep
from services.gateway.courier import Courier
from services.progress.handler import Progress
from services.progress.reaper import watch
from services.transcriber.handler import PLAN, Plan, Transcriber, Window
from services.transcriber.ports import Look, Wishes
from services.translator.handler import AskStep, TranslateStep, Translations
from shared.batch import BatchWorker
from shared.confirmed import ConfirmedEvents
from shared.database import UnitOfWork
from shared.events import Event
from shared.inprocess import Hub
from shared.ledger import Ledger
from shared.outbox import Outbox
from shared.relay import relay
from shared.routes import CONSUMERS, Service
from shared.units import Units
from shared.worker import Worker
from simulation import engines
from simulation.door import DoorRows
from simulation.engines import Bank, Counted, Shelf
from simulation.ledger import MemoryLedger, MemoryOutbox
from simulation.process import Connection, Process
from simulation.rows.docgen import DocgenRows
from simulation.rows.progress import ProgressRows
from simulation.rows.transcriber import TranscriberRows
from simulation.rows.translator import TranslatorRows
from simulation.world import MemoryDatabase, View, World

WINDOW = 60.0  # seconds of video
LEASE = 30.0
_LONGEST_REBIRTH = 20.0  # seconds


class Fate(Protocol):
    """What a plan says of processes."""

    @property
    def windows(self) -> int:
        """How many windows the video has."""

    @property
    def chapters(self) -> int:
        """How many chapters."""

    @property
    def replicas(self) -> int:
        """How many of each service."""

    @property
    def kills(self) -> int:
        """How many processes die or stop at a random await."""

    @property
    def poison(self) -> str | None:
        """Which type of event progress refuses, for ever."""

    @property
    def unsure(self) -> float:
        """The probability of a commit or a confirm whose outcome is lost."""


@dataclass(frozen=True, slots=True)
class Refusing:
    """Progress as it is, but that it raises at each event of one type."""

    progress: Progress
    poison: str | None

    async def __call__(self, events: Sequence[Event]) -> Sequence[Event]:
        """See `shared.batch.BatchHandler`."""
        if any(event.kind == self.poison for event in events):
            raise ValueError(self.poison)
        return await self.progress(events)

    async def give_up(self, event: Event, reason: str) -> Sequence[Event]:
        """See `shared.batch.GivesUp`."""
        return await self.progress.give_up(event, reason)


@dataclass(frozen=True, slots=True)
class Props:
    """What the processes keep their books with; tests put a careless one in its place."""

    ledger: Callable[[View], Ledger] = MemoryLedger
    outbox: Callable[[View], Outbox] = MemoryOutbox


class Cast:
    """All processes, the gateway's among them."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a world of processes consists of
        self,
        world: World,
        hub: Hub,
        bank: Bank,
        shelf: Shelf,
        chance: random.Random,
        fate: Fate,
        props: Props,
    ) -> None:
        self._world = world
        self._hub = hub
        self._bank = bank
        self._shelf = shelf
        self._chance = chance
        self._fate = fate
        self._props = props
        self._calm = False
        self._kills = fate.kills
        self._tasks: set[asyncio.Task[Any]] = set()
        self.living: dict[str, tuple[Process, Connection]] = {}
        self._births = count()
        self.courier: Courier | None = None
        self.door: MemoryDatabase[DoorRows] | None = None

    async def start(self) -> None:
        """Bring everybody to life."""
        for service in CONSUMERS:
            for number in range(self._fate.replicas):
                await self._born(service, f"{service}.{number}")
        await self._born(Service.GATEWAY, "gateway.0")

    async def calm(self) -> None:
        """Let nobody die any more, and whoever is stopped go on."""
        self._calm = True
        self._world.come_back()
        for process, connection in self.living.values():
            process.spare()
            process.go_on()
            connection.mend()

    async def _born(self, service: Service, name: str) -> None:
        doomed, stopped = self._doom(), self._chance.choice([0.0, 0.0, 50.0, 100.0])
        process = Process(name, self._chance, doomed=doomed, stopped=stopped)
        unsure = 0.0 if self._calm else self._fate.unsure
        connection = Connection(process, self._hub, service, self._chance, unsure)
        self.living[name] = (process, connection)
        process.on_death.append(lambda: self._later_again(service, name))
        if service is Service.GATEWAY:
            self._open(process, connection, unsure)
        else:
            await self._work(service, process, connection, unsure)

    def _doom(self) -> int | None:
        if self._calm or self._kills == 0 or self._chance.random() < 0.5:  # noqa: PLR2004 - one half
            return None
        self._kills -= 1
        return self._chance.randint(1, 300)

    def _later_again(self, service: Service, name: str) -> None:
        async def again() -> None:
            await asyncio.sleep(self._chance.uniform(0.1, _LONGEST_REBIRTH))
            await self._born(service, name)

        self._keep(again())

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _open(self, process: Process, connection: Connection, unsure: float) -> None:
        self.door = self._database(process, DoorRows, unsure)
        courier = Courier(self.door, connection)

        async def carry() -> None:
            async with courier.running():
                await asyncio.get_running_loop().create_future()

        self.courier = courier
        self._keep(carry())

    def _database(
        self, process: Process, bound: Callable[[View], Any], unsure: float
    ) -> MemoryDatabase[Any]:
        def bind(view: View) -> UnitOfWork[Any]:
            return UnitOfWork(self._props.ledger(view), self._props.outbox(view), bound(view))

        return MemoryDatabase(self._world, process, bind, self._chance, unsure)

    async def _work(
        self, service: Service, process: Process, connection: Connection, unsure: float
    ) -> None:
        database = self._database(process, _ROWS[service], unsure)
        units = Units(database, service, f"{process.name}.{next(self._births)}", LEASE, connection)
        runtime: Worker | BatchWorker
        if service is Service.PROGRESS:
            runtime = self._progress(database, connection)
        else:
            handler = self._handler(service, process, units)
            runtime = Worker(
                service,
                connection,
                handler,
                prefetch=self._chance.choice([1, 4, 16]),
                confirmed=ConfirmedEvents(database),
            )
        self._keep(relay(database, connection, service))
        await runtime.start()

    def _progress(self, database: MemoryDatabase[Any], connection: Connection) -> BatchWorker:
        handler = Refusing(Progress(database), self._fate.poison)
        self._keep(watch(database))
        return BatchWorker(
            Service.PROGRESS,
            connection,
            handler,
            prefetch=self._chance.choice([1, 10, 100]),
            confirmed=ConfirmedEvents(database),
        )

    def _handler(
        self,
        service: Service,
        process: Process,
        units: Units[Any],
    ) -> Callable[[Event], Any]:
        def counted(step: Any, name: str | None = None) -> Counted[Any]:
            return Counted(step, self._bank, process, name)

        async def look(_: Any, wishes: Wishes, /) -> Look:
            duration = WINDOW * self._fate.windows
            recording = engines.recording(duration, wishes.project_language)
            return Look(recording, "digest")

        if service is Service.TRANSCRIBER:
            plan = counted(Plan(self._shelf, look, WINDOW), PLAN)
            window = counted(Window(self._shelf, engines.Hearing(), WINDOW))
            return Transcriber(plan, window, units)
        if service is Service.DOCGEN:
            writing = engines.Writing(self._fate.chapters)
            article = counted(ArticleStep(writing, self._shelf, engines.pictures))
            return Documents(counted(OutlineStep(writing), OUTLINE), article, units)
        translate = counted(TranslateStep(engines.Translating()))
        return Translations(translate, units, counted(AskStep()))


_ROWS: dict[Service, Callable[[View], Any]] = {
    Service.TRANSCRIBER: TranscriberRows,
    Service.DOCGEN: DocgenRows,
    Service.TRANSLATOR: TranslatorRows,
    Service.PROGRESS: ProgressRows,
}
