"""Quotas a minute and a day, refused as the service refuses them."""

import time
from collections import deque
from dataclasses import dataclass, field

from simulators.gemini.wire import Refusal, delayed


@dataclass(slots=True)
class Quota:
    """Limits over any stretch of `minute` and `day` seconds; none: no limit."""

    requests_a_minute: int | None = None
    tokens_a_minute: int | None = None
    requests_a_day: int | None = None
    minute: float = 60.0
    day: float = 86_400.0
    refused: int = 0
    _taken: deque[tuple[float, int]] = field(default_factory=deque)  # when, tokens

    def take(self, tokens: int) -> Refusal | None:
        """Take one request of so many tokens; return the refusal where a limit forbids it."""
        now = time.monotonic()
        while self._taken and self._taken[0][0] <= now - max(self.minute, self.day):
            self._taken.popleft()
        recent = [one for one in self._taken if one[0] > now - self.minute]
        today = [one for one in self._taken if one[0] > now - self.day]
        used = sum(one[1] for one in recent)
        refusal = None
        if self.requests_a_day is not None and len(today) >= self.requests_a_day:
            wait = today[0][0] + self.day - now
            refusal = delayed(wait, "GenerateRequestsPerDayPerProjectPerModel")
        elif self.requests_a_minute is not None and len(recent) >= self.requests_a_minute:
            refusal = delayed(recent[0][0] + self.minute - now)
        elif self.tokens_a_minute is not None and used + tokens > self.tokens_a_minute and used:
            wait = recent[0][0] + self.minute - now
            refusal = delayed(wait, "GenerateContentInputTokensPerModelPerMinute")
        if refusal is None:
            self._taken.append((now, tokens))
        else:
            self.refused += 1
        return refusal
