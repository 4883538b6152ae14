"""Starts the progress service: the fold, and the reaper beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from services.progress.handler import Progress
from services.progress.ports import Rows
from services.progress.reaper import watch
from services.progress.rows import PostgresRows
from services.progress.settings import Settings
from shared import service
from shared.events import Event
from shared.routes import Service
from shared.service import Frame, Parts


@asynccontextmanager
async def build(parts: Parts[Settings, Rows]) -> AsyncIterator[Progress]:
    """Build the handler, and reap for as long as it lives."""
    reaping = asyncio.create_task(watch(parts.database))
    try:
        yield Progress(parts.database)
    finally:
        reaping.cancel()
        with suppress(asyncio.CancelledError):
            await reaping


def frame() -> Frame[Settings, Rows, Sequence[Event]]:
    """Return the service, as the environment describes it."""
    # Every setting comes from the environment, which the type checker cannot see.
    settings = Settings()  # type: ignore[call-arg, unused-ignore]
    return service.batch_worker(Service.PROGRESS, settings, PostgresRows, build)


if __name__ == "__main__":
    service.run(frame())
