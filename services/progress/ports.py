"""What the progress service asks of the database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.progress.domain.fold import Step
from services.progress.domain.summary import Summary
from shared.events import Event

# A job's steps by their unit.
Steps = dict[str, Step]


class Rows(Protocol):
    """The rows that the progress service owns: jobs' steps, timeline and state."""

    async def locked(self, jobs: Collection[UUID]) -> dict[UUID, Summary]:
        """Return the state of those jobs that exist, and keep it until the transaction ends."""

    async def recorded(self, events: Sequence[Event]) -> set[tuple[UUID, int]]:
        """Add events to their jobs' timelines; return id and attempt of those that were new."""

    async def steps(self, epochs: Mapping[UUID, int]) -> dict[UUID, Steps]:
        """Return the steps of jobs, each in the epoch that is named."""

    async def save_steps(self, changed: Mapping[UUID, Collection[Step]]) -> None:
        """Write steps by their job."""

    async def save_states(self, states: Mapping[UUID, Summary]) -> None:
        """Write jobs' states, each in the epoch that it was locked in."""

    async def revive(self, still: float) -> set[UUID]:
        """Let the events of jobs that stood still for `still` seconds be published again.

        Returns those jobs. A sign of life is a change of the job, a step or a unit, a live lease,
        and a unit that is not yet due. Of two at once, one revives a job.
        """

    async def free_running(self) -> None:
        """Let every unit be claimed again whose worker has died; each may have cost a call."""
