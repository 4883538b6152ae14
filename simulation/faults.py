"""What befalls the processes, and what a person asks for, at random times."""

import asyncio
import random
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from shared.database import UnitOfWork
from shared.errors import DatabaseAwayError
from shared.events import Event
from shared.routes import Service
from simulation.cast import Cast
from simulation.door import DoorRows
from simulation.world import World


class Fate(Protocol):
    """What a plan says of faults and people."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of each job."""

    @property
    def blows(self) -> int:
        """How many faults there are."""


class Faults:
    """Strikes within `chaos` virtual seconds."""

    def __init__(
        self, cast: Cast, world: World, chance: random.Random, fate: Fate, chaos: float
    ) -> None:
        self._cast = cast
        self._world = world
        self._chance = chance
        self._fate = fate
        self._chaos = chaos

    async def run(self) -> None:
        """Strike as often as the plan says, each time for a while."""
        await asyncio.gather(*(self._blow() for _ in range(self._fate.blows)))

    async def _blow(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._chaos))
        lasting = self._chance.choice([0.5, 5.0, 40.0, 100.0])
        process, connection = self._cast.living[self._chance.choice(list(self._cast.living))]
        match self._chance.randint(0, 4):
            case 0:
                process.kill()
            case 1:
                process.stop()
                await asyncio.sleep(lasting)
                process.go_on()
            case 2:
                connection.cut()
                await asyncio.sleep(lasting)
                connection.mend()
            case 3:
                self._world.go_away()
                await asyncio.sleep(lasting)
                self._world.come_back()
            case _:
                self._world.skew += self._chance.uniform(-40, 40)

    async def person(self, job: UUID, video: UUID) -> None:
        """Start a job, and perhaps cancel it or try it again."""
        await asyncio.sleep(self._chance.uniform(0, 10))
        await self._ask(lambda work: work.rows.create(job, video, self._fate.languages))
        if self._chance.random() < 0.25:  # noqa: PLR2004 - a quarter
            await asyncio.sleep(self._chance.uniform(0, self._chaos / 2))
            await self._ask(lambda work: work.rows.cancel(job))
        if self._chance.random() < 0.25:  # noqa: PLR2004 - the same
            await asyncio.sleep(self._chance.uniform(0, self._chaos / 2))
            await self._ask(lambda work: work.rows.retry(job))

    async def _ask(self, request: "_Request") -> None:
        """Send a request until it is answered, as a person does."""
        while True:
            door, courier = self._cast.door, self._cast.courier
            try:
                if door is not None and courier is not None:
                    async with asyncio.timeout(5):
                        event = await self._answered(door.transaction(), request)
                    if event is not None:
                        courier.hand(event)
                    return
            except (DatabaseAwayError, TimeoutError):
                pass
            await asyncio.sleep(1)

    @staticmethod
    async def _answered(
        transaction: AbstractAsyncContextManager[UnitOfWork[DoorRows]], request: "_Request"
    ) -> Event | None:
        async with transaction as work:
            event = await request(work)
            if event is not None:
                await work.outbox.post(Service.GATEWAY, [event], cause="job")
        return event


class _Request(Protocol):
    async def __call__(self, work: UnitOfWork[DoorRows], /) -> Event | None: ...
