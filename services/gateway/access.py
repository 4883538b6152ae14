"""Every request reads and writes the database as its caller: a forgotten `where` leaks nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import orjson

from shared.postgres.statements import Executor

_PATIENCE = 10.0  # seconds to wait for a free connection


@dataclass(frozen=True, slots=True)
class Access:
    """Transactions on the pool for one caller."""

    pool: asyncpg.Pool
    user_id: UUID

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        """Lend a connection in a transaction in which row-level security knows the caller."""
        claims = orjson.dumps({"sub": str(self.user_id), "role": "authenticated"}).decode()
        async with self.pool.acquire(timeout=_PATIENCE) as db, db.transaction():
            # Both end with the transaction (`set local`), in one round trip.
            await db.execute(
                """select set_config('role', 'authenticated', true),
                     set_config('request.jwt.claims', $1, true)""",
                claims,
            )
            yield db


async def act_as_worker(db: Executor) -> None:
    """Drop the caller's role for the rest of the transaction, to write what only workers may.

    What the caller may do has to be decided before.
    """
    await db.execute("reset role")
