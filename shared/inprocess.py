"""The broker port within one process: for a machine that has no RabbitMQ, and for tests.

The same queues and routes as on RabbitMQ. What is not acked when the process ends is gone, and is
published again from the outbox. For tests, a `Network` may lose, double, delay and reorder what is
put into a queue, and connections can be cut.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.broker import Delivery, Message
from shared.errors import TransientError, UnroutableError
from shared.events import Event
from shared.routes import CONSUMERS, ROUTES, Service, encode


class Network(Protocol):
    """What lies between a publisher and a queue."""

    def delays(self, service: Service, message: Message) -> Sequence[float]:
        """Return the seconds after which each copy of a message arrives; none where it is lost."""


class Calm:
    """A network on which every message arrives once, at once and in order."""

    def delays(self, service: Service, message: Message) -> Sequence[float]:  # noqa: ARG002
        """See `Network.delays`."""
        return (0.0,)


@dataclass(slots=True)
class _Queue:
    """One service's work: what waits, who takes it, and what was buried with which reason."""

    waiting: deque[Message] = field(default_factory=deque)
    takers: list["_Taker"] = field(default_factory=list)
    dead: list[tuple[Message, str]] = field(default_factory=list)


class Hub:
    """All queues of one process. Each service connects by `connection`."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Calm()
        self._queues = {service: _Queue() for service in CONSUMERS}
        self._later: set[asyncio.TimerHandle] = set()

    def connection(self, service: Service) -> "InProcess":
        """Return a connection for one service, or for one of its replicas."""
        return InProcess(self, service)

    def dead(self, service: Service) -> list[tuple[Message, str]]:
        """Return what the service buried, with the reasons."""
        return list(self._queues[service].dead)

    def waiting(self, service: Service) -> int:
        """Return how many messages nobody has taken yet."""
        return len(self._queues[service].waiting)

    @property
    def idle(self) -> bool:
        """Say whether no message is anywhere: waiting, in hand, under way or on the ladder."""
        queues = self._queues.values()
        held = any(queue.waiting or any(t.in_hand for t in queue.takers) for queue in queues)
        return not held and not self._later

    def spread(self, event: Event) -> None:
        """Put an event into the work queue of each service that acts on it."""
        route = ROUTES.get(event.kind)
        if route is None:
            message = f"no queue takes {event.kind}"
            raise UnroutableError(message)
        message_ = Message(event.kind, encode(event), event.attempt)
        for service in (*route.consumers, Service.PROGRESS):
            for delay in self._network.delays(service, message_):
                if delay:
                    self.put_later(service, message_, delay)
                else:
                    self.put(service, message_)

    def put(self, service: Service, message: Message) -> None:
        """Put a message at the end of one work queue."""
        self._queues[service].waiting.append(message)
        self.pump(service)

    def back(self, service: Service, message: Message) -> None:
        """Put a message that was taken and not ended at the head of its queue again."""
        self._queues[service].waiting.appendleft(message)
        self.pump(service)

    def put_later(self, service: Service, message: Message, delay: float) -> None:
        """Put a message into one work queue in `delay` seconds."""

        def now() -> None:
            self._later.discard(handle)
            self.put(service, message)

        handle = asyncio.get_running_loop().call_later(delay, now)
        self._later.add(handle)

    def bury(self, service: Service, message: Message, reason: str) -> None:
        """Keep a message aside."""
        self._queues[service].dead.append((message, reason))

    def join(self, service: Service, taker: "_Taker") -> None:
        """Let a replica take messages."""
        takers = self._queues[service].takers
        if taker not in takers:
            takers.append(taker)
        self.pump(service)

    def leave(self, service: Service, taker: "_Taker") -> None:
        """Give a replica no further messages."""
        takers = self._queues[service].takers
        if taker in takers:
            takers.remove(taker)

    def pump(self, service: Service) -> None:
        """Hand out what waits, to whoever has the fewest messages in hand."""
        queue = self._queues[service]
        while queue.waiting:
            free = [taker for taker in queue.takers if taker.in_hand < taker.prefetch]
            if not free:
                return
            min(free, key=lambda taker: taker.in_hand).take(queue.waiting.popleft())


class InProcess:
    """The broker port on a hub, for one service."""

    def __init__(self, hub: Hub, service: Service) -> None:
        self._hub = hub
        self._service = service
        self._taker: _Taker | None = None
        self._closed = False

    @property
    def service(self) -> Service:
        """Whose connection it is."""
        return self._service

    async def connect(self) -> None:
        """Do nothing: the hub is there."""

    async def ping(self) -> None:
        """Do nothing: the hub is there."""

    async def publish(self, events: Sequence[Event]) -> None:
        """See `shared.broker.Broker.publish`."""
        if self._closed:
            message = "this connection is closed"
            raise TransientError(message)
        for event in events:
            self._hub.spread(event)

    async def consume(
        self, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        """See `shared.broker.Broker.consume`."""
        self._taker = _Taker(self._hub, service, prefetch, receive)
        self._hub.join(service, self._taker)

    async def stop_consuming(self) -> None:
        """See `shared.broker.Broker.stop_consuming`."""
        if self._taker is not None:
            self._hub.leave(self._service, self._taker)
            self._taker.prefetch = 0  # also after a cut that is mended

    async def close(self) -> None:
        """See `shared.broker.Broker.close`."""
        self.cut()

    def cut(self) -> None:
        """Lose the connection: what is in hand goes back into the queue, publishing fails."""
        self._closed = True
        if self._taker is not None:
            self._hub.leave(self._service, self._taker)
            self._taker.give_back()

    def mend(self) -> None:
        """Connect again, and consume again where this was consuming."""
        self._closed = False
        if self._taker is not None:
            self._hub.join(self._service, self._taker)


class _Taker:
    """A replica: how many messages it may have in hand, and which it has."""

    def __init__(
        self, hub: Hub, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        self._hub = hub
        self._service = service
        self._receive = receive
        self._deliveries: dict[int, _Delivery] = {}
        self.prefetch = prefetch

    @property
    def in_hand(self) -> int:
        """How many messages are taken and not ended."""
        return len(self._deliveries)

    def take(self, message: Message) -> None:
        """Hand a message to the worker."""
        delivery = _Delivery(self, message)
        self._deliveries[id(delivery)] = delivery
        self._receive(delivery)

    def end(self, delivery: "_Delivery") -> None:
        """Let go of a message. Raises TransientError where it was given back already."""
        if self._deliveries.pop(id(delivery), None) is None:
            message = "the connection that delivered the message is gone"
            raise TransientError(message)
        # In the next turn: the worker that ends a message is not at once given another.
        asyncio.get_running_loop().call_soon(self._hub.pump, self._service)

    def later(self, message: Message, delay: float) -> None:
        """Let a message come back."""
        self._hub.put_later(self._service, message, delay)

    def bury(self, message: Message, reason: str) -> None:
        """Put a message into the dead queue."""
        self._hub.bury(self._service, message, reason)

    def give_back(self) -> None:
        """Return what is in hand to the queue."""
        left, self._deliveries = list(self._deliveries.values()), {}
        for delivery in reversed(left):
            self._hub.back(self._service, delivery.message)


class _Delivery:
    def __init__(self, taker: _Taker, message: Message) -> None:
        self._taker = taker
        self.message = message

    async def ack(self) -> None:
        self._taker.end(self)

    async def retry(self, delay: float, *, attempt: int) -> None:
        self._taker.end(self)
        self._taker.later(replace(self.message, attempt=attempt), delay)

    async def bury(self, reason: str) -> None:
        self._taker.end(self)
        self._taker.bury(self.message, reason)
