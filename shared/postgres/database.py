"""The database port on a pool of connections to PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Generic, TypeVar

import asyncpg

from shared.database import UnitOfWork
from shared.postgres.ledger import PostgresLedger
from shared.postgres.outbox import PostgresOutbox
from shared.postgres.pool import AWAY
from shared.postgres.statements import Statements, answering, translated

R = TypeVar("R")


class PostgresDatabase(Generic[R]):
    """The port for one service, whose rows `rows` binds to what runs their statements."""

    def __init__(self, pool: asyncpg.Pool, rows: Callable[[Statements], R]) -> None:
        self._pool = pool
        self._rows = rows
        self._alone = self._bound(Statements(pool))

    @property
    def alone(self) -> UnitOfWork[R]:
        """See `shared.database.Database.alone`."""
        return self._alone

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork[R]]:
        """See `shared.database.Database.transaction`."""
        async with AsyncExitStack() as stack:
            with translated():
                db = await stack.enter_async_context(self._pool.acquire())
            transaction = db.transaction()
            async with answering(self._pool, db):
                await transaction.start()
            try:
                yield self._bound(Statements(self._pool, db))
            except BaseException:
                with suppress(*AWAY):  # a lost connection has rolled back by itself
                    await transaction.rollback()
                raise
            async with answering(self._pool, db):
                await transaction.commit()

    async def ping(self) -> None:
        """See `shared.database.Database.ping`."""
        await self._pool.fetchval("select 1")

    def _bound(self, db: Statements) -> UnitOfWork[R]:
        return UnitOfWork(PostgresLedger(db), PostgresOutbox(db), self._rows(db))
