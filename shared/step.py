"""What a service does for one kind of unit; when and how often is the kernel's to say."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from shared.database import UnitOfWork
from shared.events import Event
from shared.spending import Spending

R_contra = TypeVar("R_contra", contravariant=True)


class Step(Protocol[R_contra]):
    """What one kind of unit does. Each method is safe to run twice."""

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""

    async def prepare(self, work: UnitOfWork[R_contra], event: Any) -> tuple[str | None, Any]:
        """Load the input. Return the content key of its result, and the input.

        A key of none says that the result costs nothing and is not worth keeping.
        """

    async def call(self, prepared: Any, spent: Spending) -> Any:
        """Make the paid call, and report it in `spent`; return its output as plain JSON data."""

    async def store(self, work: UnitOfWork[R_contra], event: Any, output: Any) -> Sequence[Event]:
        """Write the output's rows in the open transaction; return the events that follow."""

    async def fail(self, work: UnitOfWork[R_contra], event: Any, reason: str) -> Sequence[Event]:
        """Write what a unit that failed for good leaves; return the events that follow.

        `unit.failed` is written besides: this is for what waits for all units to end.
        """
