"""Notes which events the broker has confirmed, many at a time and off the work's path."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.database import Database
from shared.errors import DatabaseAwayError
from shared.events import Event

_PAUSE = 0.05  # seconds in which notes gather; the relay waits a hundred times as long


class ConfirmedEvents:
    """Told of confirmed events; what a crash keeps from being noted is published once more."""

    def __init__(self, database: Database[Any]) -> None:
        self._database = database
        self._ids: list[UUID] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, events: Sequence[Event]) -> None:
        """Note events before long."""
        self._ids += [event.id for event in events]
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def flush(self) -> None:
        """Wait until all is noted."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._ids:
            await asyncio.sleep(_PAUSE)
            ids, self._ids = self._ids, []
            try:
                await self._database.alone.outbox.published(ids)
            except DatabaseAwayError:
                return  # the relay then publishes them once more
