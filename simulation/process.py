"""A simulated process: it can be killed or stopped at any await, as a real one can by a signal."""

import asyncio
import random
from collections.abc import Callable, Sequence

from shared.broker import Delivery, Message
from shared.errors import TransientError
from shared.events import Event
from shared.inprocess import Hub, InProcess
from shared.routes import Service
from simulation.troubles import pass_by

_SELDOM = 0.1  # share of awaits that take any time
_LONGEST = 0.05  # seconds that such an await takes


class Process:
    """One replica of a service. Everything that it awaits of the outside passes through `step`.

    At its step number `doomed` it dies, or stops for `stopped` seconds where that is not 0.
    """

    def __init__(
        self, name: str, chance: random.Random, *, doomed: int | None = None, stopped: float = 0.0
    ) -> None:
        self.name = name
        self.dead = False
        self._chance = chance
        self._doomed = doomed
        self._stopped = stopped
        self._runs = asyncio.Event()
        self._runs.set()
        self._never: list[asyncio.Future[None]] = []
        self.on_death: list[Callable[[], None]] = []
        self.on_stop: list[Callable[[], None]] = []

    async def step(self) -> None:
        """Let time pass; a dead process never comes back from here, a stopped one later."""
        if self._chance.random() < _SELDOM:
            await asyncio.sleep(self._chance.uniform(0, _LONGEST))
        else:
            await asyncio.sleep(0)
        if self._doomed is not None:
            self._doomed -= 1
            if self._doomed <= 0:
                self._doomed = None
                self._meet_fate()
        await self._runs.wait()
        if self.dead:
            nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._never.append(nothing)
            await nothing
        pass_by()

    def _meet_fate(self) -> None:
        if not self._stopped:
            self.kill()
            return
        self.stop()
        asyncio.get_running_loop().call_later(self._stopped, self.go_on)

    def kill(self) -> None:
        """End the process as SIGKILL does: no `finally` of it does anything any more."""
        if not self.dead:
            self.dead = True
            for tell in self.on_death:
                tell()

    def spare(self) -> None:
        """Let the process live on."""
        self._doomed = None

    def stop(self) -> None:
        """Stop the process as SIGSTOP does."""
        self._runs.clear()
        for tell in self.on_stop:
            tell()

    def go_on(self) -> None:
        """Let the process go on as SIGCONT does."""
        self._runs.set()


class Connection:
    """The broker port on a hub, for one process; what it confirms may be lost on the way back."""

    def __init__(
        self, process: Process, hub: Hub, service: Service, chance: random.Random, unsure: float
    ) -> None:
        self._process = process
        self._inner: InProcess = hub.connection(service)
        self._chance = chance
        self._unsure = unsure
        process.on_death.append(self._inner.cut)

    @property
    def service(self) -> Service:
        """Whose connection it is."""
        return self._inner.service

    async def connect(self) -> None:
        """Do nothing: the hub is there."""

    async def ping(self) -> None:
        """Do nothing: the hub is there."""

    def cut(self) -> None:
        """Lose the connection."""
        self._inner.cut()

    def mend(self) -> None:
        """Connect again, where the process lives."""
        if not self._process.dead:
            self._inner.mend()

    async def publish(self, events: Sequence[Event]) -> None:
        """See `shared.broker.Broker.publish`."""
        await self._process.step()
        await self._inner.publish(events)
        await self._process.step()
        self._perhaps_unsure()

    def _perhaps_unsure(self) -> None:
        if self._chance.random() < self._unsure:
            message = "the confirm was lost"
            raise TransientError(message)

    async def consume(
        self, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        """See `shared.broker.Broker.consume`."""
        process = self._process

        def hand_over(delivery: Delivery) -> None:
            if not process.dead:
                receive(_Delivery(process, delivery))

        await self._inner.consume(service, prefetch, hand_over)

    async def stop_consuming(self) -> None:
        """See `shared.broker.Broker.stop_consuming`."""
        await self._inner.stop_consuming()

    async def close(self) -> None:
        """See `shared.broker.Broker.close`."""
        await self._inner.close()


class _Delivery:
    def __init__(self, process: Process, inner: Delivery) -> None:
        self._process = process
        self._inner = inner
        self.message: Message = inner.message

    async def ack(self) -> None:
        await self._process.step()
        await self._inner.ack()
        await self._process.step()

    async def retry(self, delay: float, *, attempt: int) -> None:
        await self._process.step()
        await self._inner.retry(delay, attempt=attempt)
        await self._process.step()

    async def bury(self, reason: str) -> None:
        await self._process.step()
        await self._inner.bury(reason)
        await self._process.step()
