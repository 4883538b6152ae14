"""How far a unit's call is, told while it goes on: as far as its engine reports, and no further."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.spending import Spending

_EVERY = 2.0  # seconds between two reports; a page polls about as often
_LEAST = 1.0  # percent worth a message
_MOST = 99.0  # percent of what is not stored yet


async def report(spent: Spending, tell: Callable[[float], Awaitable[None]]) -> None:
    """Tell the percentage that `spent` has reached whenever it has moved, until cancelled."""
    told = 0.0
    while True:
        await asyncio.sleep(_EVERY)
        percent = min(round(100 * spent.share, 1), _MOST)
        if percent - told >= _LEAST:
            told = percent
            await tell(percent)
