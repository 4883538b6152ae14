"""Waiting for what other processes bring about."""

import asyncio
from collections.abc import Awaitable, Callable

FOREVER = 280.0  # seconds in which every job must have ended, and every queue be empty
LOOK = 0.1


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds, twice in a row."""
    async with asyncio.timeout(FOREVER):
        held = 0
        while held < 2:
            held = held + 1 if await reached() else 0
            await asyncio.sleep(LOOK)
