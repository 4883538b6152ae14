"""How often a probe of strangers asks the database."""

import asyncio

from services.gateway.readiness import Readiness
from shared.health import Checks


async def test_many_strangers_at_once_cost_one_look() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    readiness = Readiness(Checks({"database": look}, {"broker": look}))
    assert all(await asyncio.gather(*(readiness.is_ready() for _ in range(50))))
    assert looks == 1


async def test_what_is_only_reported_keeps_nobody_from_being_ready() -> None:
    async def fine() -> None:
        pass

    async def away() -> None:
        raise ConnectionRefusedError

    assert await Readiness(Checks({"database": fine}, {"broker": away})).is_ready()
    assert not await Readiness(Checks({"database": away}, {"broker": fine})).is_ready()
    wrong, reported = await Checks({"database": fine}, {"broker": away}).ask()
    assert (wrong, reported) == ({}, {"broker": "ConnectionRefusedError()"})
