"""The ledger of paid work: who may make a unit's call, and what became of it.

A unit is claimed with a lease by the database's clock. The fence rises with every claim, so that a
worker which slept past its lease cannot overwrite what its successor stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from shared.events import Event
from shared.routes import Service
from shared.spending import Call


class Standing(StrEnum):
    """What a worker finds when it asks for a unit."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    LEASED = "leased"
    EARLY = "early"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim.

    `fence` counts only where `standing` is CLAIMED; `after` is the seconds until an EARLY unit may
    be tried again.
    """

    standing: Standing
    fence: int = 0
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim ends without a result: `failed`, or `waiting` for another try.

    A unit that waits may be claimed again `after` seconds from now. `unknown` says that a call may
    have been paid for whose answer is lost.
    """

    state: str
    reason: str = ""
    after: float = 0.0
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered: `output` is plain JSON data, `key` the hash of what it answers."""

    key: str
    service: Service
    output: Any
    engine: str


class Ledger(Protocol):
    """The table of units and the results kept by content."""

    async def claim(
        self, event: Event, unit: str, *, service: Service, owner: str, lease: float
    ) -> Claim:
        """Claim `unit` of the event's job and epoch for `owner`, for `lease` seconds.

        Refused where the unit is settled, in other hands or not yet due, and where the job has
        ended, is in a later epoch or was asked to stop. An owner that has the unit already is given
        the same claim again: the answer to its first one may have been lost on the way.
        """

    async def renew(self, event: Event, unit: str, fence: int, lease: float) -> bool:
        """Extend the lease; false when it was lost, or the job ended or was asked to meanwhile."""

    async def settle(self, event: Event, unit: str, fence: int, outcome: Outcome) -> bool:
        """End a claim without a result; false when another claim or settlement came between."""

    async def complete(self, event: Event, unit: str, fence: int, answer: Answer) -> bool:
        """Keep an answer, and end the claim as done; false when another one came in between.

        The answer is kept in any case: it is paid for. Call it first in the transaction that stores
        the unit's output: it takes the row's lock.
        """

    async def spend(self, event: Event, unit: str, service: Service, calls: Sequence[Call]) -> None:
        """Note what a unit's calls used, each of them once, whoever has the unit by now."""

    async def kept(self, key: str) -> Any | None:
        """Return the output kept under a content key, or none."""

    async def keep(self, answer: Answer) -> None:
        """Keep an answer by content. What is there stays: it is the same content's."""
