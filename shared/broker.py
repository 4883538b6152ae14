"""The broker port: what the worker runtime needs of a message broker, and no more.

RabbitMQ stands behind it in `shared.amqp`. A service cannot tell which adapter it runs on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.events import Event
from shared.routes import Service


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived: the event's type, its body, and on which attempt (from 1)."""

    kind: str | None
    body: bytes
    attempt: int = 1


class Delivery(Protocol):
    """One message in this worker's hands. Exactly one of the three methods ends it.

    Each returns only once the broker has confirmed, and raises `TransientError` where the
    connection is gone: then the broker delivers the message again by itself.
    """

    message: Message

    async def ack(self) -> None:
        """Say that all which follows from the message is safe."""

    async def retry(self, delay: float, *, attempt: int) -> None:
        """Let the message come back after at least `delay` seconds, as attempt `attempt`."""

    async def bury(self, reason: str) -> None:
        """Put the message into the service's dead queue, with the reason in its headers."""


class Broker(Protocol):
    """A connection for one service."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish events side by side; return once all are confirmed.

        Raises:
            UnroutableError: no queue takes one of them.
            TransientError: the outcome is unknown; publish the same events again later.
        """

    async def consume(
        self, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        """Hand every message of the service's work queue to `receive`, which must not block."""

    async def stop_consuming(self) -> None:
        """Take no further messages; those in hand can still be ended."""

    async def close(self) -> None:
        """Leave the broker. What is not ended is delivered again."""


class Connectable(Broker, Protocol):
    """A broker that has to be reached first, and can be asked whether it still is."""

    @property
    def service(self) -> Service:
        """Whose connection it is."""

    async def connect(self) -> None:
        """Reach the broker. Raises OSError where none answers."""

    async def ping(self) -> None:
        """Raise TransientError where the broker is not reached now."""
