"""Webhooks of a project, and what was delivered."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.gateway.models.texts import Line

JobEnding = Literal["job.completed", "job.failed", "job.cancelled"]


class NewWebhook(BaseModel):
    """Where to tell of a project's jobs that end."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "url": "https://example.org/hooks/docreel",
                "events": ["job.completed", "job.failed"],
            }
        }
    )

    url: Line = Field(max_length=2000)
    events: list[JobEnding] = Field(default=["job.completed", "job.failed"], min_length=1)

    @field_validator("events")
    @classmethod
    def _each_once(cls, value: list[JobEnding]) -> list[JobEnding]:
        return sorted(set(value))


class Webhook(BaseModel):
    """A webhook; its secret is told once, when it is created."""

    id: UUID
    project_id: UUID
    url: str
    events: list[JobEnding]
    created_at: datetime
    updated_at: datetime


class CreatedWebhook(Webhook):
    """A webhook just created, with the secret that its requests are signed with.

    They are signed as https://www.standardwebhooks.com says, whose libraries verify them.
    """

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Delivery(BaseModel):
    """A message to a webhook, tried until it was taken or given up."""

    id: UUID = Field(description="the header webhook-id")
    job_id: UUID
    kind: JobEnding
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    next_at: datetime
    answer: str = Field(description="what came of the last attempt", examples=["204"])
    created_at: datetime
    delivered_at: datetime | None
