"""The database port where the network fails silently."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from shared.database import patiently
from shared.errors import DatabaseAwayError
from shared.postgres.database import PostgresDatabase
from shared.postgres.pool import pool
from shared.postgres.statements import Statements, translated
from tests.faults.proxy import Proxy
from tests.faults.stage import address, through

pytestmark = pytest.mark.integration

CONNECTIONS, PATIENCE = 4, 1.0


@pytest.fixture
async def proxy(dsn: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(*address(dsn))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_half_open_connections_cost_one_time_out_and_not_one_each(
    proxy: Proxy, dsn: str, *, in_transaction: bool
) -> None:
    url = through(dsn, proxy.port)
    async with pool(url, size=CONNECTIONS, patience=PATIENCE) as connections:
        database = PostgresDatabase(connections, lambda rows: rows)
        held = [await connections.acquire() for _ in range(CONNECTIONS)]
        for one in held:
            await connections.release(one)

        async def ask(rows: Statements) -> None:
            assert await rows.fetchval("select 1") == 1

        async def asked() -> None:
            if in_transaction:
                async with database.transaction() as work:
                    await ask(work.rows)
            else:
                await ask(database.alone.rows)

        await asked()
        proxy.swallow()
        begun = time.monotonic()
        with pytest.raises(DatabaseAwayError):
            await asked()
        proxy.heal()
        for _ in range(CONNECTIONS):
            await asked()
        assert time.monotonic() - begun < PATIENCE * 1.8
        # What is dead would not end by itself.
        with suppress(TimeoutError):
            connections.terminate()


async def test_a_commit_that_is_not_answered_comes_to_an_end(proxy: Proxy, dsn: str) -> None:
    async with pool(through(dsn, proxy.port), size=1, patience=PATIENCE) as connections:
        database = PostgresDatabase(connections, lambda rows: rows)

        async def committed() -> None:
            async with database.transaction() as work:
                await work.rows.fetchval("select 1")
                proxy.swallow()

        async with asyncio.timeout(PATIENCE * 5):
            with pytest.raises(DatabaseAwayError):
                await committed()
            proxy.heal()
            assert await database.alone.rows.fetchval("select 1") == 1


def test_a_connection_lost_under_a_statement_is_a_database_that_is_away() -> None:
    # What asyncpg raises where the server dies between a transaction's statement and its commit.
    message = "cannot switch to state 15; another operation (2) is in progress"
    with pytest.raises(DatabaseAwayError), translated():
        raise asyncpg.InternalClientError(message)


async def test_who_is_rolled_back_for_a_deadlock_does_the_same_again(dsn: str) -> None:
    async with pool(dsn, size=CONNECTIONS) as connections:
        database = PostgresDatabase(connections, lambda rows: rows)
        tries: list[str] = []
        both = asyncio.Barrier(2)

        async def locked(*keys: str) -> None:
            tries.append(keys[0])
            first = len(tries) <= len(keys)
            async with database.transaction() as work:
                for key in keys:
                    await work.rows.execute("select pg_advisory_xact_lock(hashtext($1))", key)
                    if first and key is keys[0]:
                        await both.wait()

        await asyncio.gather(
            patiently(lambda: locked("a", "b")), patiently(lambda: locked("b", "a"))
        )
        assert len(tries) == 3  # the one that was rolled back came twice
