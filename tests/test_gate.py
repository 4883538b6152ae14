"""The gate of all replicas: quotas kept to before the engine has to refuse."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.errors import RateLimitedError
from shared.gate import PATIENCE
from shared.postgres.gate import PostgresGate
from shared.postgres.statements import Statements

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8) as pool:
        yield pool


async def waits(pool: asyncpg.Pool, *, requests: int | None, tokens: int | None) -> float:
    """Ask for one call of 100 tokens; return its wait in seconds, without waiting for it."""
    row = await pool.fetchrow("select * from admit_call('m', 100, $1, $2, 1000)", requests, tokens)
    assert row is not None
    return float(row["wait"])


async def test_without_limits_everything_goes_at_once(pool: asyncpg.Pool) -> None:
    begun = time.monotonic()
    await asyncio.gather(*(PostgresGate(Statements(pool)).admit("m", 1000) for _ in range(50)))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(("requests", "tokens"), [(5, None), (None, 550), (5, 550)])
async def test_no_minute_has_more_than_its_quota_whoever_asks(
    pool: asyncpg.Pool, requests: int | None, tokens: int | None
) -> None:
    found = await asyncio.gather(
        *(waits(pool, requests=requests, tokens=tokens) for _ in range(13))
    )
    due = sorted(await pool.fetchval("select array_agg(due_at) from ai_admissions"))
    assert len(due) == 13
    for one, sixth in zip(due, due[5:], strict=False):
        assert (sixth - one).total_seconds() >= 60
    assert [round(wait / 60) for wait in sorted(found)] == [0] * 5 + [1] * 5 + [2] * 3


async def test_a_call_larger_than_a_minutes_tokens_goes_alone(pool: asyncpg.Pool) -> None:
    assert await waits(pool, requests=None, tokens=50) == 0
    assert await waits(pool, requests=None, tokens=50) == pytest.approx(60, abs=1)


async def test_models_have_quotas_of_their_own(pool: asyncpg.Pool) -> None:
    gate = PostgresGate(Statements(pool), requests=1)
    await gate.admit("a", 1)
    await gate.admit("b", 1)
    with pytest.raises(RateLimitedError) as limited:
        await gate.admit("a", 1)
    assert PATIENCE < limited.value.after <= 60
    assert not limited.value.daily


async def test_who_is_refused_takes_no_place(pool: asyncpg.Pool) -> None:
    gate = PostgresGate(Statements(pool), requests=1)
    await gate.admit("m", 1)
    for _ in range(3):
        with pytest.raises(RateLimitedError) as limited:
            await gate.admit("m", 1)
        assert limited.value.after <= 60


async def test_a_refusal_closes_the_gate_for_every_replica(pool: asyncpg.Pool) -> None:
    first, second = PostgresGate(Statements(pool)), PostgresGate(Statements(pool))
    await first.closed("m", 1.2, daily=False)
    await first.closed("m", 0.1, daily=False)  # a shorter delay opens nothing
    begun = time.monotonic()
    await asyncio.gather(second.admit("m", 1), first.admit("m", 1))
    assert 1.1 < time.monotonic() - begun < 5
    await second.closed("m", 3600, daily=True)
    with pytest.raises(RateLimitedError) as limited:
        await first.admit("m", 1)
    assert limited.value.daily
    assert limited.value.after == pytest.approx(3600, abs=5)


async def test_who_waits_already_hears_of_a_refusal(pool: asyncpg.Pool) -> None:
    gate = PostgresGate(Statements(pool))
    await gate.closed("m", 0.5, daily=False)
    waiting = asyncio.create_task(gate.admit("m", 1))
    await asyncio.sleep(0.2)
    begun = time.monotonic()
    await gate.closed("m", 1.5, daily=False)
    await waiting
    assert time.monotonic() - begun > 1.4
