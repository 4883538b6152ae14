"""One seed: jobs, replicas, faults and their times are drawn from it; nothing else is chance."""

import asyncio
import logging
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from services.progress.domain.summary import TERMINAL
from shared.broker import Message
from shared.inprocess import Hub
from shared.routes import Service
from simulation import invariants
from simulation.cast import Cast, Props
from simulation.engines import Bank, Moods, Shelf
from simulation.faults import Faults
from simulation.loop import VirtualLoop
from simulation.troubles import Trouble
from simulation.world import Tables, Video, World

_CHAOS = 150.0  # virtual seconds in which faults begin
_PATIENCE = 8 * 3600.0  # virtual seconds after which a job that has not ended never will
_POISONS = ("transcription.completed", "video.transcribed", "article.requested", "video.process")
_LOOK = 5.0  # virtual seconds between two looks whether all is over


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed chose."""

    windows: int
    chapters: int
    languages: tuple[str, ...]
    jobs: int
    replicas: int
    moods: Moods
    lossy: float  # probability of a message being lost
    messy: float  # of a message being doubled, and of it being delayed
    unsure: float  # of a commit or confirm whose outcome is lost
    kills: int  # processes that die or stop at a random await
    blows: int  # other faults
    troubles: tuple[Trouble, ...]  # of single units
    poison: str | None  # a type of event that progress refuses

    @classmethod
    def drawn(cls, chance: random.Random) -> "Plan":
        """Draw a plan; one in ten has no faults at all."""
        wild = chance.random() > 0.1  # noqa: PLR2004 - a tenth
        languages = ("es", "ja", "ca")[: chance.randint(0, 3)]
        windows, chapters = chance.randint(1, 3), chance.randint(1, 3)
        refusable = [f"window/{n}" for n in range(windows)] + [
            f"translation/{tag}/subtitles" for tag in languages
        ]
        # Of units whose names are not known before, each one of them.
        prefixes = [
            *refusable,
            "transcription",
            "outline",
            "article/",
            "languages/",
            "translation/",
        ]
        refused = frozenset(one for one in refusable if chance.random() < 0.05)  # noqa: PLR2004
        return cls(
            windows=windows,
            chapters=chapters,
            languages=languages,
            jobs=chance.choice([1, 1, 2]),
            replicas=chance.choice([1, 2]),
            moods=Moods(
                transient=chance.choice([0.0, 0.1, 0.3]) if wild else 0.0,
                limited=chance.choice([0.0, 0.1]) if wild else 0.0,
                slow=chance.choice([0.0, 0.1]) if wild else 0.0,
                refused=refused if wild else frozenset(),
                latency=chance.choice([0.0, 2.0, 20.0]),
                free=chance.random() < 0.25,  # noqa: PLR2004 - a quarter
            ),
            lossy=chance.choice([0.0, 0.0, 0.03]) if wild else 0.0,
            messy=chance.choice([0.0, 0.05, 0.3]) if wild else 0.0,
            unsure=chance.choice([0.0, 0.02, 0.1]) if wild else 0.0,
            kills=chance.randint(0, 8) if wild else 0,
            blows=chance.randint(0, 5) if wild else 0,
            troubles=tuple(
                Trouble.drawn(chance, prefixes)
                for _ in range(chance.choice([0, 0, 1, 1, 2]) if wild else 0)
            ),
            poison=chance.choice(_POISONS) if wild and chance.random() < 0.03 else None,  # noqa: PLR2004
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What happened under a seed."""

    seed: int
    plan: Plan
    seconds: float  # virtual
    statuses: tuple[str, ...]
    calls: int
    unknown: int


class _Mischief:
    """A network that loses, doubles, delays and reorders until it is calm."""

    def __init__(self, chance: random.Random, plan: Plan) -> None:
        self._chance = chance
        self._plan = plan
        self.calm = False

    def delays(self, service: Service, message: Message) -> Sequence[float]:
        """See `shared.inprocess.Network.delays`."""
        del service, message
        if self.calm:
            return (0.0,)
        if self._chance.random() < self._plan.lossy:
            return ()
        copies = 2 if self._chance.random() < self._plan.messy else 1
        late = self._chance.random() < self._plan.messy
        return [self._chance.uniform(0, 20) if late else 0.0 for _ in range(copies)]


def run(seed: int, props: Props | None = None) -> Report:
    """Run one seed to its end. Raises BrokenError where an invariant does not hold."""
    chance = random.Random(seed)  # noqa: S311 - a seed, not a secret
    # The runtime's own jitter comes from the module's generator.
    random.seed(seed)
    with _quiet(), tempfile.NamedTemporaryFile() as file:
        file.write(b"a video")
        file.flush()
        loop = VirtualLoop()
        # The calls of dead processes end without anybody to tell.
        loop.set_exception_handler(lambda *_: None)
        try:
            scenario = _Scenario(seed, chance, Path(file.name), props or Props())
            return loop.run_until_complete(scenario.play(loop))
        finally:
            _end_all(loop)


class _Scenario:
    def __init__(self, seed: int, chance: random.Random, file: Path, props: Props) -> None:
        self._seed = seed
        self._chance = chance
        self._plan = Plan.drawn(chance)
        self._file = file
        self._props = props

    async def play(self, loop: VirtualLoop) -> Report:
        """Let the jobs run through the faults, then in calm to their end."""
        plan, chance = self._plan, self._chance
        bank = Bank(chance, plan.moods, plan.troubles)

        def watch(before: Tables, after: Tables) -> None:
            invariants.at_commit(before, after)
            for job in after.jobs.values():
                if job.cancel_requested_at is not None:
                    bank.cancelled.setdefault((job.id, job.epoch), loop.time())

        world = World(loop.time, watch)
        network = _Mischief(chance, plan)
        hub = Hub(network)
        cast = Cast(world, hub, bank, Shelf(self._file), chance, plan, self._props)
        video = self._video(world)
        faults = Faults(cast, world, chance, plan, _CHAOS)
        await cast.start()
        jobs = [UUID(int=chance.getrandbits(128)) for _ in range(plan.jobs)]
        acting = [asyncio.create_task(faults.run())]
        acting += [asyncio.create_task(faults.person(job, video)) for job in jobs]
        await asyncio.sleep(_CHAOS)
        await asyncio.gather(*acting)
        network.calm = bank.calm = True
        await cast.calm()
        while not self._over(world, hub):
            if loop.time() > _PATIENCE:
                break
            await asyncio.sleep(_LOOK)
        return self._checked(world, hub, bank, loop.time())

    def _video(self, world: World) -> UUID:
        project, video = (UUID(int=self._chance.getrandbits(128)) for _ in range(2))
        world.tables.projects[project] = "en"
        world.tables.videos[video] = Video(project, "videos/talk.mp4")
        return video

    def _over(self, world: World, hub: Hub) -> bool:
        ended = all(job.shown.status in TERMINAL for job in world.tables.jobs.values())
        return ended and hub.idle and all(row.published for row in world.tables.outbox.values())

    def _checked(self, world: World, hub: Hub, bank: Bank, seconds: float) -> Report:
        tables, plan = world.tables, self._plan
        invariants.at_the_end(tables, bank, hub, poisoned=plan.poison is not None)
        if not plan.kills and not plan.blows:
            invariants.of_deaths(tables, plan.troubles)
        pieces = plan.windows + 1 + plan.chapters + len(plan.languages) * (1 + plan.chapters)
        for job in tables.jobs.values():
            if job.shown.status == "completed":
                invariants.of_completed(job, tables, pieces)
        return Report(
            self._seed,
            plan,
            seconds,
            tuple(job.shown.status for job in tables.jobs.values()),
            sum(account.begun for account in bank.accounts.values()),
            sum(unit.unknown for unit in tables.units.values()),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    before = structlog.get_config()
    silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=silent, cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


def _end_all(loop: VirtualLoop) -> None:
    """Destroy what still waits: dead processes wait for ever."""
    tasks = asyncio.all_tasks(loop)
    for _ in range(3):
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=60))
        tasks = asyncio.all_tasks(loop)
    loop.close()
