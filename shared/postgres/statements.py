"""Statements whose failure for want of a server is told apart from every other failure."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg

from shared.errors import DatabaseAwayError
from shared.postgres.pool import AWAY, Connection


@contextmanager
def translated() -> Iterator[None]:
    """Raise DatabaseAwayError for what asyncpg raises where the server cannot be reached."""
    try:
        yield
    except asyncpg.DataError:
        raise  # an InterfaceError too, but one that no waiting mends
    except AWAY as error:
        message = f"the database cannot be reached: {error!r}"
        raise DatabaseAwayError(message) from error


class Statements:
    """Runs statements on a pool or a connection.

    Here and not around a whole transaction: a file that cannot be read is an OSError as well.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, query: str, *arguments: Any) -> str:
        """Run a statement; return its status."""
        with translated():
            return await self._connection.execute(query, *arguments)

    async def executemany(self, query: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the arguments."""
        with translated():
            await self._connection.executemany(query, arguments)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return all rows."""
        with translated():
            return await self._connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> asyncpg.Record | None:
        """Return the first row, if there is one."""
        with translated():
            return await self._connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """Return the first row's first value, or none."""
        with translated():
            return await self._connection.fetchval(query, *arguments)


# Whatever runs one statement.
Executor = Connection | Statements
