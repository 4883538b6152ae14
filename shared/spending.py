"""What a unit's calls used and how far they are, reported by engines while they call.

What was used is reported also for unusable answers; how far it is by those engines that know.
"""

from dataclasses import dataclass, field
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Call:
    """Tokens of one call, as the engine counts them.

    `prompt` includes `cached`; thinking counts as `output`. Of a call that was not `answered`,
    `prompt` is an estimate.
    """

    model: str
    prompt: int
    output: int
    cached: int = 0
    answered: bool = True
    id: UUID = field(default_factory=uuid4)  # so that it is stored once


@dataclass(slots=True)
class Spending:
    """Collects the calls of one unit; handed down to whoever calls."""

    calls: list[Call] = field(default_factory=list)
    share: float = 0.0  # of the unit's work that is done, 0 to 1; it never falls

    def reach(self, share: float) -> None:
        """Report that `share` of the unit's work is done, 0 to 1. From any thread."""
        self.share = max(self.share, min(share, 1.0))

    def add(self, *, model: str, prompt: int, output: int, cached: int = 0) -> None:
        """Report one answered call."""
        self.calls.append(Call(model, prompt, output, cached))

    def give_up(self, *, model: str, prompt: int) -> None:
        """Report a call whose answer did not arrive: it may have been paid for, or not."""
        self.calls.append(Call(model, prompt, 0, answered=False))
