"""Every request reads and writes the database as its caller: a forgotten `where` leaks nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.postgres.pool import AWAY
from shared.postgres.statements import Executor

_PATIENCE = 10.0  # seconds to wait for a free connection

Transaction = asyncpg.pool.PoolConnectionProxy


@dataclass(frozen=True, slots=True)
class Access:
    """Transactions on the pool for one caller; `claims` are those of the caller's token."""

    pool: asyncpg.Pool
    user_id: UUID
    claims: str
    email: str | None = None  # that the token names

    @classmethod
    def of(
        cls,
        pool: asyncpg.Pool,
        user_id: UUID,
        claims: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> "Access":
        """Return the access of a user, with what their token claims if they have one."""
        known = {**(claims or {}), "sub": str(user_id), "role": "authenticated"}
        return cls(pool, user_id, orjson.dumps(known).decode(), email)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Lend a connection in a transaction in which row-level security knows the caller."""
        # Begun by hand: with the role and the claims in one round trip, since this is what polling
        # is made of. As hexadecimal, no claim can be anything but a claim.
        async with self.pool.acquire(timeout=_PATIENCE) as db:
            await db.execute(
                f"""begin; select set_config('role', 'authenticated', true),
                  set_config('request.jwt.claims',
                    convert_from(decode('{self.claims.encode().hex()}', 'hex'), 'utf8'), true)"""
            )
            try:
                yield db
            except BaseException:
                with suppress(*AWAY):  # a lost connection has rolled back by itself
                    await db.execute("rollback")
                raise
            await db.execute("commit")

    @asynccontextmanager
    async def as_worker(self) -> AsyncIterator[Transaction]:
        """Lend a connection in a transaction of the worker's role, which sees everything."""
        async with self.pool.acquire(timeout=_PATIENCE) as db, db.transaction():
            yield db

    async def act_as_caller(self, db: Executor) -> None:
        """Let row-level security know the caller for the rest of the transaction."""
        # Both end with the transaction (`set local`), in one round trip.
        await db.execute(
            """select set_config('role', 'authenticated', true),
                 set_config('request.jwt.claims', $1, true)""",
            self.claims,
        )


async def act_as_worker(db: Executor) -> None:
    """Drop the caller's role for the rest of the transaction, to write what only workers may.

    What the caller may do has to be decided before.
    """
    await db.execute("reset role")
