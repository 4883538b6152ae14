"""What is wrong with single units: code that raises at some await, or kills whoever runs it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import ChildDiedError

_MOST_AWAITS = 8  # that a method passes before it raises, at most


class Place(StrEnum):
    """Where a unit is in trouble; ANSWER is after the engine was paid, before it returns."""

    PREPARE = "prepare"
    CALL = "call"
    ANSWER = "answer"
    STORE = "store"
    FAIL = "fail"


class ViolationError(Exception):
    """A row breaks a constraint: what no waiting mends, and no error of ours."""


class PanicError(BaseException):
    """What a library written in another language may raise: it is no Exception."""


_RAISED: tuple[type[BaseException], ...] = (
    ValueError,
    KeyError,
    AttributeError,
    RecursionError,
    ViolationError,
    PanicError,
    ChildDiedError,
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """At `place`, units whose name begins with `prefix` raise, or kill the process.

    With the probability `often`, which is for ever where it is 1; so far as it is not, it ends when
    the world is calm. What is raised is none for a death.
    """

    prefix: str
    place: Place
    often: float
    raised: type[BaseException] | None

    @classmethod
    def drawn(cls, chance: random.Random, prefixes: list[str]) -> "Trouble":
        """Draw a trouble of one of these units."""
        prefix, place = chance.choice(prefixes), chance.choice(list(Place))
        often = chance.choice([1.0, 1.0, 0.5])
        deadly = place in {Place.PREPARE, Place.CALL} and chance.random() < 0.3  # noqa: PLR2004
        return cls(prefix, place, often, None if deadly else chance.choice(_RAISED))


@dataclass(slots=True)
class _Trip:
    awaits: int
    raised: type[BaseException]


_trip: ContextVar[_Trip | None] = ContextVar("trip", default=None)


@contextmanager
def tripping(chance: random.Random, raised: type[BaseException]) -> Iterator[None]:
    """Raise at one of the next awaits within the context, or at its end."""
    token = _trip.set(_Trip(chance.randint(0, _MOST_AWAITS), raised))
    try:
        yield
        raise raised
    finally:
        _trip.reset(token)


@contextmanager
def safely() -> Iterator[None]:
    """Raise at none of the awaits within the context: they are the kernel's own."""
    token = _trip.set(None)
    try:
        yield
    finally:
        _trip.reset(token)


def pass_by() -> None:
    """Come by an await: this may be where it raises."""
    trip = _trip.get()
    if trip is not None:
        trip.awaits -= 1
        if trip.awaits < 0:
            raise trip.raised
