"""Jobs: wished for, polled, looked back on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_ID = "7f8c2f3e-3a86-4f0e-9d0d-0a6f3a1f2b11"

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]
ACTIVE: tuple[Status, ...] = ("pending", "processing")


class NewJob(BaseModel):
    """A wish to process a video into `languages` (BCP 47), beside its own."""

    model_config = ConfigDict(json_schema_extra={"example": {"videoId": _ID, "languages": ["es"]}})

    videoId: UUID  # noqa: N815 - the frontend's name
    languages: list[str] = Field(default=[], max_length=100)
    audioTrack: int | None = Field(  # noqa: N815 - as the frontend's names
        default=None,
        ge=1,
        le=1000,
        description="which of the file's sound tracks is heard, from 1; by default its default one",
    )
    force: bool = Field(default=False, description="a new job even while one is running")


class Accepted(BaseModel):
    """The job that was accepted."""

    model_config = ConfigDict(json_schema_extra={"example": {"jobId": _ID}})

    jobId: UUID  # noqa: N815 - the frontend's name


class Step(BaseModel):
    """A unit of a job, such as `window/3` or `translation/es/subtitles`."""

    unit: str = Field(examples=["window/0"])
    state: Literal["waiting", "running", "waiting_quota", "failed", "done"]
    percent: float = Field(description="0 to 100")
    reason: str = ""
    expected: int | None = Field(default=None, description="how many pieces a plan has")
    until: datetime | None = Field(default=None, description="of `waiting_quota`: when it goes on")


class Stage(BaseModel):
    """A line of a job's progress: a stage, and for translations a language.

    `total` is null until it is known. `stopped` is what a job that has ended never came to.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "stage": "translating",
                "language": "es",
                "state": "running",
                "done": 3,
                "failed": 0,
                "total": 7,
                "percent": 42.9,
                "until": None,
            }
        }
    )

    stage: Literal["transcribing", "generating_docs", "translating"]
    language: str | None
    state: Literal["waiting", "running", "waiting_quota", "failed", "done", "stopped"]
    done: int = Field(description="windows, articles or texts that ended well")
    failed: int
    total: int | None
    percent: float = Field(description="0 to 100")
    until: datetime | None = Field(
        default=None, description="of `waiting_quota`: when the first of its pieces goes on"
    )


class Job(BaseModel):
    """A job's row with its video's title; `progress` is 0 to 1."""

    id: UUID
    project_id: UUID
    video_id: UUID
    video_title: str
    epoch: int = Field(description="1, and one more for each retry")
    status: Status
    step: str = Field(examples=["transcribing"])
    step_message: str
    progress: float
    eta: datetime | None = Field(
        description="when it should be done, by how it went so far; null until that can be told"
    )
    error_message: str | None
    languages: list[str]
    issues: list[str] = Field(description="each piece that is missing from the result")
    engine: str | None
    cost: float | None = Field(
        description="US dollars, in all epochs; null where nothing was paid or a price is not known"
    )
    stages: list[Stage]
    cancel_requested_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class JobWithSteps(Job):
    """A job with the steps of its present epoch."""

    steps: list[Step]


class Batch(BaseModel):
    """Many jobs at once; one that the caller does not see is left out."""

    jobs: list[Job]


class Activity(BaseModel):
    """What a project is at: its jobs that run, newest first, and those that ended last."""

    active: list[Job]
    recent: list[Job]


class Moment(BaseModel):
    """Something that happened to a job."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _ID,
                "kind": "article.written",
                "unit": "article/0",
                "epoch": 1,
                "attempt": 1,
                "occurred_at": "2026-11-24T12:00:00Z",
            }
        }
    )

    id: UUID
    kind: str = Field(description="the event's type, as docs/asyncapi.yaml has it")
    unit: str
    epoch: int
    attempt: int
    occurred_at: datetime
