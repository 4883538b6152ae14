"""Starts the progress service: the fold, and the reaper beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.progress.handler import Progress
from services.progress.reaper import watch
from services.progress.settings import Settings
from shared import service
from shared.routes import Service
from shared.service import Parts


@asynccontextmanager
async def build(parts: Parts[Settings]) -> AsyncIterator[Progress]:
    """Build the handler, and reap for as long as it lives."""
    reaping = asyncio.create_task(watch(parts.pool))
    try:
        yield Progress(parts.pool)
    finally:
        reaping.cancel()
        with suppress(asyncio.CancelledError):
            await reaping


if __name__ == "__main__":
    # Every setting comes from the environment, which the type checker cannot see.
    service.run_batches(Service.PROGRESS, Settings(), build)  # type: ignore[call-arg, unused-ignore]
