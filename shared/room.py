"""The room of one process: its units run side by side, and a dangerous one runs alone.

A unit that was in the hands of a process when it died may have killed it, or may only have been
beside the one that did. Run alone, it takes nobody with it, and it is known which one it was.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """Lets many units in, or one that is alone. One for all services that share a process."""

    def __init__(self) -> None:
        self._door = asyncio.Lock()  # first come, first served: who wants to be alone gets there
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Be in the room with others, once nobody is alone in it or waits to be."""
        async with self._door:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Be alone in the room, once those inside have left."""
        async with self._door:
            await self._empty.wait()
            yield
