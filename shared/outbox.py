"""The outbox: events written in the same transaction as what they tell, and published after it.

The fast path publishes right after the commit. The relay publishes what a crash left between the
two; two relays at once share the rows, and an event published twice has the same id.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from shared.events import Event
from shared.routes import Service


class Outbox(Protocol):
    """The table of events that are to be, or were, published."""

    async def post(self, service: Service, events: Sequence[Event], *, cause: str) -> None:
        """Write events that the unit `cause` brought about; one that is there is left alone."""

    async def published(self, ids: Sequence[UUID]) -> None:
        """Note that the broker has confirmed these events."""

    async def unpublished(self, service: Service, age: float, most: int) -> list[Event]:
        """Return the oldest events that wait for `age` seconds, at most `most`.

        They stay locked until the transaction ends, and a second relay passes them over.
        """

    async def of_unit(self, event: Event, unit: str, service: Service) -> list[Event]:
        """Return what a unit of the event's job and epoch brought about, and is not published."""
