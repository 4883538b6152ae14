"""Statements whose failure for want of a server is told apart from every other failure."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
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


@asynccontextmanager
async def answering(pool: asyncpg.Pool, connection: Connection) -> AsyncIterator[None]:
    """As `translated`, and give a connection of `pool` up that did not answer in time."""
    with translated():
        try:
            yield
        except TimeoutError:
            # Tidying it up would take as long again, and the pool's others are likely as dead.
            connection.terminate()
            await pool.expire_connections()
            raise


class Statements:
    """Runs statements on a pool, or on a connection of it.

    Here and not around a whole transaction: a file that cannot be read is an OSError as well.
    """

    def __init__(self, pool: asyncpg.Pool, connection: Connection | None = None) -> None:
        self._pool = pool
        self._connection = connection

    async def execute(self, query: str, *arguments: Any) -> str:
        """Run a statement; return its status."""
        async with self._lent() as connection:
            return await connection.execute(query, *arguments)

    async def executemany(self, query: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the arguments."""
        async with self._lent() as connection:
            await connection.executemany(query, arguments)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return all rows."""
        async with self._lent() as connection:
            return await connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> asyncpg.Record | None:
        """Return the first row, if there is one."""
        async with self._lent() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """Return the first row's first value, or none."""
        async with self._lent() as connection:
            return await connection.fetchval(query, *arguments)

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Connection]:
        if self._connection is not None:
            async with answering(self._pool, self._connection):
                yield self._connection
        else:
            with translated():
                async with (
                    self._pool.acquire() as connection,
                    answering(self._pool, connection),
                ):
                    yield connection


# Whatever runs one statement.
Executor = asyncpg.Pool | Connection | Statements
