"""What who runs the installation sees: queues, jobs by state and dead letters, never content."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from services.gateway.models.usage import Spent


class Queue(BaseModel):
    """One service's queues and paid work; counts are null where the broker cannot be asked."""

    service: str
    waiting: int | None = Field(description="messages that nobody has taken")
    unacked: int | None = Field(description="messages in a worker's hands")
    delayed: int | None = Field(description="messages on the delay ladder")
    dead: int | None = Field(description="dead letters")
    consumers: int | None = Field(description="workers that take messages")
    units_running: int = Field(description="paid units with a live lease")
    units_waiting: int = Field(description="paid units that are set free for another attempt")
    units_failed_today: int
    oldest_unit_seconds: float | None = Field(description="since the oldest open unit changed")


class Outbox(BaseModel):
    """Events that are committed and not yet confirmed by the broker."""

    unpublished: int
    oldest_seconds: float | None


class Operations(BaseModel):
    """The installation at one look."""

    broker: str = Field(description="connected, or why not", examples=["connected"])
    queues: list[Queue]
    jobs: dict[str, int] = Field(description="by status; of those that ended, the last day's")
    oldest_job_seconds: float | None = Field(description="of those that run")
    outbox: Outbox
    webhooks_waiting: int


class DaySpent(Spent):
    """What a day's calls used (in UTC); `cost` is null where nothing was paid as well."""

    day: date


class Costs(BaseModel):
    """What was spent in each of the last days, oldest first."""

    days: list[DaySpent]


class DeadLetter(BaseModel):
    """A message that was given up, and why."""

    message_id: str | None
    kind: str | None
    job_id: str | None
    reason: str
    published_at: datetime | None


class Redriven(BaseModel):
    """How many dead letters are back in the work queue."""

    service: str
    count: int
