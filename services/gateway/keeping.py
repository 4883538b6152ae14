"""What a gateway does besides answering: delivers to webhooks, sees uploads arrive, clears up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import structlog

from services.gateway import deliveries, once
from services.gateway.arrivals import Arrivals
from services.gateway.deliveries import Deliveries
from services.gateway.removals import Removals
from services.gateway.settings import Settings
from services.gateway.sweeping import Sweep
from shared.storage import Folder, ServedStorage

_LOOK = 1.0  # seconds between two looks for what is due
_ARRIVE = 30.0  # seconds between two looks for uploads that have arrived
_CLEAR = 3600.0  # seconds between two clearings
_SWEEP = 86_400.0  # seconds between two sweeps of the storage

logger = structlog.get_logger()


@asynccontextmanager
async def running(
    pool: asyncpg.Pool, settings: Settings, storage: ServedStorage
) -> AsyncIterator[None]:
    """Keep house in the background until the context ends."""
    # No proxy from the environment and no redirect: both would lead around the check of addresses.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as http:
        sending = Deliveries(pool, http, settings.webhook_private_addresses)
        sweep = Sweep(pool, storage, settings.keep_uploads_days, settings.keep_results_days)

        async def clear() -> None:
            await once.forget_old(pool)
            await deliveries.forget_old(pool)

        tasks = [
            asyncio.create_task(_again(sending.deliver, _LOOK)),
            asyncio.create_task(_again(Removals(pool, storage).remove, _LOOK)),
            asyncio.create_task(_again(clear, _CLEAR)),
            asyncio.create_task(_again(sweep.run, _SWEEP)),
        ]
        if not isinstance(storage, Folder):
            arrivals = Arrivals(pool, storage, settings.max_upload_bytes)
            tasks.append(asyncio.create_task(_again(arrivals.note, _ARRIVE)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _again(work: Callable[[], Awaitable[object]], pause: float) -> None:
    """Work for ever. A lost database is waited for, not died of."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, requests are still answered
            logger.warning("keeping_interrupted", reason=repr(error))
        await asyncio.sleep(pause)
