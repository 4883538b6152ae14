"""What a unit's calls used, reported by engines while they call, also for unusable answers."""

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

    def add(self, *, model: str, prompt: int, output: int, cached: int = 0) -> None:
        """Report one answered call."""
        self.calls.append(Call(model, prompt, output, cached))

    def give_up(self, *, model: str, prompt: int) -> None:
        """Report a call whose answer did not arrive: it may have been paid for, or not."""
        self.calls.append(Call(model, prompt, 0, answered=False))
