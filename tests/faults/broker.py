"""The broker port around RabbitMQ's adapter: deaths at its calls, copies, and a shuffle."""

import asyncio
import random
from collections.abc import Callable, Sequence
from uuid import UUID

from shared import events
from shared.broker import Connectable, Delivery, Message
from shared.events import Event
from shared.routes import Service
from tests.faults.script import Fate, Point, Script

# What a commit brings about: after one of these was published, an ack ends paid work.
_FOLLOWING = (
    events.VideoProcess,
    events.TranscriptionCompleted,
    events.DocsOutlined,
    events.ArticleWritten,
    events.TranslationCompleted,
    events.JobCompleted,
)


class Scripted:
    """A connection on which the script's things happen."""

    def __init__(self, inner: Connectable, script: Script, fate: Fate) -> None:
        self._inner = inner
        self._script = script
        self._fate = fate
        self._published = False
        self._known: set[UUID] = set()

    @property
    def service(self) -> Service:
        """Whose connection it is."""
        return self._inner.service

    async def connect(self) -> None:
        """See `shared.broker.Connectable.connect`."""
        await self._inner.connect()

    async def ping(self) -> None:
        """See `shared.broker.Connectable.ping`."""
        await self._inner.ping()

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish each event as often as the script says, in any order."""
        follows = any(isinstance(event, _FOLLOWING) for event in events)
        if follows:
            self._fate.meet(Point.BEFORE_PUBLISH)
        copies = list(events)
        # As often as the script says in all: handlers repeat themselves, which would multiply.
        new = [event for event in events if event.id not in self._known]
        if self._script.copies > 1:
            copies += new * (self._script.copies - 1)
            self._known |= {event.id for event in new}
            random.shuffle(copies)
        await self._inner.publish(copies)
        self._published = self._published or follows

    def acking(self) -> None:
        """Come by an ack."""
        if self._published:
            self._fate.meet(Point.BEFORE_ACK)

    async def consume(
        self, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        """Hand deliveries over, where the script says so late and in any order."""
        loop = asyncio.get_running_loop()

        def hand_over(delivery: Delivery) -> None:
            ended = _Ended(self, delivery)
            if self._script.shuffle:
                late = random.uniform(0, self._script.shuffle)  # noqa: S311 - no secret
                loop.call_later(late, receive, ended)
            else:
                receive(ended)

        await self._inner.consume(service, prefetch, hand_over)

    async def stop_consuming(self) -> None:
        """See `shared.broker.Broker.stop_consuming`."""
        await self._inner.stop_consuming()
        # What is held back is handed over before the worker counts what it has.
        await asyncio.sleep(self._script.shuffle * 1.5)

    async def close(self) -> None:
        """See `shared.broker.Broker.close`."""
        await self._inner.close()


class _Ended:
    def __init__(self, broker: Scripted, inner: Delivery) -> None:
        self._broker = broker
        self._inner = inner
        self.message: Message = inner.message

    async def ack(self) -> None:
        self._broker.acking()
        await self._inner.ack()

    async def retry(self, delay: float, *, attempt: int) -> None:
        await self._inner.retry(delay, attempt=attempt)

    async def bury(self, reason: str) -> None:
        await self._inner.bury(reason)
