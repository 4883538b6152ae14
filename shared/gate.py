"""Who may call when: the engine's quotas are kept to before it has to refuse."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RateLimitedError

PATIENCE = 20.0  # seconds that a call waits by itself; what takes longer is the queue's to hold


class Gate(Protocol):
    """Lets calls through at the pace that the quotas allow."""

    async def admit(self, model: str, tokens: int) -> None:
        """Wait until a call of about so many tokens may be made.

        Raises RateLimitedError where that would take longer than `PATIENCE`.
        """

    async def closed(self, model: str, after: float, *, daily: bool) -> None:
        """Be told that the engine refused, and names `after` seconds until the next try."""


@dataclass(slots=True)
class OwnGate:
    """The gate of one process that shares its quota with nobody: it only waits when told to."""

    _opens: float = 0.0  # on the monotonic clock
    _daily: bool = False

    async def admit(self, model: str, tokens: int) -> None:  # noqa: ARG002 - a gate's interface
        """See `Gate.admit`."""
        while (wait := self._opens - time.monotonic()) > 0:
            if wait > PATIENCE:
                raise RateLimitedError(wait, daily=self._daily)
            await asyncio.sleep(wait)

    async def closed(self, model: str, after: float, *, daily: bool) -> None:  # noqa: ARG002
        """See `Gate.closed`."""
        opens = time.monotonic() + after
        if opens > self._opens:
            self._opens, self._daily = opens, daily
