"""The ledger of paid work: who may make a unit's call, and what became of it.

A unit is claimed with a lease by the database's clock. The fence rises with every claim, so that a
worker which slept past its lease cannot overwrite what its successor stored.

What failed and what died is counted here and not in the messages: a message may be there twice, and
be published again at its first attempt.
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
    ALONE = "alone"
    EARLY = "early"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim.

    `fence`, `attempts` and `deaths` count only where `standing` is CLAIMED; `after` is the seconds
    until an EARLY unit may be tried again. A unit to be claimed ALONE is free, but has seen a
    worker die.
    """

    standing: Standing
    fence: int = 0
    after: float = 0.0
    attempts: int = 0  # that failed before
    deaths: int = 0  # of workers and of their child processes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim ends without a result: `failed`, or `waiting` for another try.

    A unit that waits may be claimed again `after` seconds from now. `unknown` says that a call may
    have been paid for whose answer is lost, `failed` that this was an attempt which failed, and
    `child_died` that a child process died on its input.
    """

    state: str
    reason: str = ""
    after: float = 0.0
    unknown: bool = False
    failed: bool = False
    child_died: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered: `output` is plain JSON data, `key` the hash of what it answers."""

    key: str
    service: Service
    output: Any
    engine: str


class Ledger(Protocol):
    """The table of units and the results kept by content."""

    async def claim(  # noqa: PLR0913 - what a claim consists of
        self,
        event: Event,
        unit: str,
        *,
        service: Service,
        owner: str,
        lease: float,
        alone: bool = False,
    ) -> Claim:
        """Claim `unit` of the event's job and epoch for `owner`, for `lease` seconds.

        Refused where the unit is settled, in other hands or not yet due, and where the job has
        ended, is in a later epoch or was asked to stop. An owner that has the unit already is given
        the same claim again: the answer to its first one may have been lost on the way. A lease
        that ran out is a worker's death; a unit that has seen one is given only to who is `alone`.
        """

    async def renew(self, event: Event, unit: str, fence: int, lease: float) -> bool:
        """Extend the lease; false when it was lost, or the job ended or was asked to meanwhile."""

    async def settle(self, event: Event, unit: str, fence: int, outcome: Outcome) -> bool:
        """End a claim without a result; false when another claim or settlement came between."""

    async def complete(self, event: Event, unit: str, fence: int, answer: Answer | None) -> bool:
        """Keep an answer, and end the claim as done; false when another one came in between.

        The answer is kept in any case; without one there is nothing worth keeping. Call it first
        in the transaction that stores the unit's output: it takes the row's lock.
        """

    async def spend(self, event: Event, unit: str, service: Service, calls: Sequence[Call]) -> None:
        """Note what a unit's calls used, each of them once, whoever has the unit by now."""

    async def kept(self, key: str) -> Any | None:
        """Return the output kept under a content key, or none."""

    async def keep(self, answer: Answer) -> None:
        """Keep an answer by content. What is there stays: it is the same content's."""
