"""Whether the gateway is ready, for probes of anybody and for those of who runs it."""

import asyncio
import time
from dataclasses import dataclass, field

import asyncpg
import structlog

from services.gateway import gauges
from shared.health import Checks, Ping, failures
from shared.postgres.pool import AWAY

_KEPT = 1.0  # seconds

logger = structlog.get_logger()


def checks(pool: asyncpg.Pool, broker: Ping) -> Checks:
    """Return what is asked: the database has to be there, and the broker's state is reported."""

    async def refresh() -> None:
        try:
            await gauges.refresh(pool)
        except AWAY as error:
            # The process's own are the more wanted then; the others stay as they were last.
            logger.warning("gauges_not_refreshed", reason=repr(error))

    return Checks({"database": lambda: pool.fetchval("select 1")}, {"broker": broker}, refresh)


@dataclass(slots=True)
class Readiness:
    """An answer for strangers, found anew once a second however many of them ask."""

    checks: Checks
    _ready: bool = False
    _asked: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def is_ready(self) -> bool:
        """Tell whether requests can be served."""
        async with self._lock:
            if time.monotonic() - self._asked > _KEPT:
                self._ready = not await failures(self.checks.required)
                self._asked = time.monotonic()
        return self._ready
