"""What a unit's calls used and how far they are, reported by engines while they call.

What was used is reported also for unusable answers; how far it is by those engines that know.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
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


class Memory(Protocol):
    """Where answers outlive the attempt that asked for them."""

    async def kept(self, question: str) -> Any | None:
        """Return the answer kept for a question of this unit, or none."""

    async def keep(self, question: str, answer: Any) -> None:
        """Keep an answer, and note what was spent so far."""


@dataclass(slots=True)
class Spending:
    """Collects the calls of one unit; handed down to whoever calls.

    A `memory` keeps each answer of a unit that makes several calls: one that fails in the middle
    does not pay for the first ones again.
    """

    calls: list[Call] = field(default_factory=list)
    memory: Memory | None = None
    share: float = 0.0  # of the unit's work that is done, 0 to 1; it never falls
    _answered: Counter[str] = field(default_factory=Counter)

    def reach(self, share: float) -> None:
        """Report that `share` of the unit's work is done, 0 to 1. From any thread."""
        self.share = max(self.share, min(share, 1.0))

    def add(self, *, model: str, prompt: int, output: int, cached: int = 0) -> None:
        """Report one answered call."""
        # A count below none is an engine's mistake, and must not keep the others from being noted.
        self.calls.append(Call(model, max(0, prompt), max(0, output), max(0, cached)))

    def give_up(self, *, model: str, prompt: int) -> None:
        """Report a call whose answer did not arrive: it may have been paid for, or not."""
        self.calls.append(Call(model, max(0, prompt), 0, answered=False))

    async def once(self, question: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Return the answer to a question, plain JSON data: the kept one, or `ask`'s, then kept.

        The same question asked again within an attempt is another one: whoever asks twice was not
        content with the first answer.
        """
        if self.memory is None:
            return await ask()
        place = f"{question}:{self._answered[question]}"
        answer = await self.memory.kept(place)
        if answer is None:
            answer = await ask()
            await self.memory.keep(place, answer)
        self._answered[question] += 1
        return answer
