"""How often one user may ask: counted in this process, in a window that moves."""

import math
import time
from dataclasses import dataclass, field
from http import HTTPStatus

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from services.gateway.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `a_minute` requests of each user; 0 for any number."""

    a_minute: int
    _counted: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )

    def count(self, who: str) -> None:
        """Count a request of `who`. Raises ProblemError (429) where it is one too many."""
        if not self.a_minute:
            return
        allowed = RateLimitItemPerMinute(self.a_minute)
        if self._counted.hit(allowed, who):
            return
        free_at = self._counted.get_window_stats(allowed, who).reset_time
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-many-requests",
            f"More than {self.a_minute} requests in a minute",
            "Wait for as long as Retry-After says. Many jobs can be asked for at once: "
            "GET /api/jobs/batch.",
            {"Retry-After": str(max(1, math.ceil(free_at - time.time())))},
        )
