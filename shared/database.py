"""The database port: one transaction a unit of work, over the kernel's tables and a service's own.

PostgreSQL stands behind it in `shared.postgres`, and a world in memory in `simulation`. A step sees
neither: it is given a `UnitOfWork` and calls the methods of its service's rows.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

from shared.errors import DatabaseAwayError
from shared.ledger import Ledger
from shared.outbox import Outbox

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")

_FIRST_WAIT = 0.2  # seconds until a database that is away is asked again
_LONGEST_WAIT = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UnitOfWork(Generic[R_co]):
    """What is read and written together; `rows` are the service's own, as its port says."""

    ledger: Ledger
    outbox: Outbox
    rows: R_co


class Database(Protocol[R_co]):
    """A database for one service.

    Everything here raises DatabaseAwayError where the server cannot be reached now.
    """

    @property
    def alone(self) -> UnitOfWork[R_co]:
        """Statements outside of a transaction: each is one by itself."""

    def transaction(self) -> AbstractAsyncContextManager[UnitOfWork[R_co]]:
        """Begin a transaction; it is committed where the context ends without an error."""

    async def ping(self) -> None:
        """Raise where the server cannot be reached now."""


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, which is safe to run twice, again and again while the database is away."""
    wait = _FIRST_WAIT
    while True:
        try:
            return await work()
        except DatabaseAwayError as error:
            log.warning("database_awaited", wait=wait, reason=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
