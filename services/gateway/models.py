"""What goes over the wire, in and out: the models that OpenAPI shows."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

_ID = "7f8c2f3e-3a86-4f0e-9d0d-0a6f3a1f2b11"
_LONGEST_NAME = 200  # bytes in UTF-8; file systems take 255

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]


class Engine(BaseModel):
    """What the AI services run on; `languages` is null where any can be translated to."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"engine": "offline", "languages": ["es"]}}
    )

    engine: str | None = Field(description="null until a worker has told it")
    languages: list[str] | None


class NewProject(BaseModel):
    """A project to create."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Product demos"}})

    name: str = Field(min_length=1, max_length=200)


class Project(BaseModel):
    """A project: videos, and the documents made from them."""

    id: UUID
    org_id: UUID
    name: str = Field(examples=["Product demos"])
    source_language: str = Field(examples=["en"], description="what its videos speak (BCP 47)")
    created_at: datetime
    updated_at: datetime


class NewVideo(BaseModel):
    """A video to create; its bytes follow at the answer's `upload_url`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"filename": "demo.mp4", "size_bytes": 73_400_320}}
    )

    filename: str = Field(min_length=1)
    size_bytes: int = Field(le=2**62)
    title: str | None = Field(default=None, min_length=1, max_length=500)
    project_id: UUID | None = Field(default=None, description="none: the oldest project")

    @field_validator("filename")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if PurePosixPath(value).name != value or value == ".." or "\\" in value:
            message = "give the file's name alone, without folders"
            raise ValueError(message)
        if not value.isprintable() or len(value.encode("utf-8", "replace")) > _LONGEST_NAME:
            message = f"use printable characters, at most {_LONGEST_NAME} bytes of them"
            raise ValueError(message)
        return value

    @field_validator("size_bytes")
    @classmethod
    def _not_empty(cls, value: int) -> int:
        if value < 1:
            message = "the file is empty: choose a video that has content"
            raise ValueError(message)
        return value


class Video(BaseModel):
    """A video's row; `storage_path` is null until its upload has finished."""

    id: UUID
    project_id: UUID
    title: str
    filename: str = Field(examples=["demo.mp4"])
    storage_path: str | None = Field(examples=[f"videos/{_ID}/demo.mp4"])
    size_bytes: int | None
    duration: float | None = Field(description="seconds; null until known")
    created_at: datetime
    updated_at: datetime


class CreatedVideo(Video):
    """A video just created, and where its bytes go (tus 1.0)."""

    upload_url: str = Field(examples=[f"/api/uploads/{_ID}"])


class Segment(BaseModel):
    """A stretch of a video: what is said and shown; times in seconds."""

    id: UUID
    order: int
    start_time: float
    end_time: float
    spoken_content: str
    visual_context: str
    confidence: float | None = Field(description="0 to 1")
    engine: str


class Subtitles(BaseModel):
    """The languages that a video has subtitles in."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"source": "en", "languages": ["en", "es"]}}
    )

    source: str
    languages: list[str]


class Article(BaseModel):
    """An article in one language; `content_json` is a Tiptap document."""

    id: UUID
    chapter_id: UUID
    chapter_slug: str
    chapter_order: int
    language: str
    title: str
    slug: str
    status: Literal["draft", "in_review", "published"]
    content_json: dict[str, Any]
    content_text: str


class NewJob(BaseModel):
    """A wish to process a video into `languages` (BCP 47), beside its own."""

    model_config = ConfigDict(json_schema_extra={"example": {"videoId": _ID, "languages": ["es"]}})

    videoId: UUID  # noqa: N815 - the frontend's name
    languages: list[str] = Field(default=[], max_length=100)
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
    error_message: str | None
    languages: list[str]
    issues: list[str] = Field(description="each piece that is missing from the result")
    engine: str | None
    cancel_requested_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class JobWithSteps(Job):
    """A job with the steps of its present epoch."""

    steps: list[Step]


class Spent(BaseModel):
    """What answered calls used; `cost` in US dollars, null where a model has no known price."""

    calls: int
    prompt_tokens: int = Field(description="the cached ones included")
    output_tokens: int = Field(description="thinking included")
    cached_tokens: int
    cost: float | None


class SpentUnit(Spent):
    """What one unit of a job used."""

    unit: str = Field(examples=["window/0"])


class JobSpent(BaseModel):
    """What a job used, in all and by unit."""

    total: Spent
    units: list[SpentUnit]


class Price(BaseModel):
    """US dollars a million tokens."""

    prompt: float
    cached: float
    output: float


class Part(BaseModel):
    """What one part of a job will use, by rule of thumb."""

    part: str = Field(examples=["translation/es"])
    calls: int
    prompt_tokens: int
    output_tokens: int


class Estimate(BaseModel):
    """What a job will use; `cost` in US dollars, null where the engine has no known price."""

    engine: str | None
    seconds: float
    languages: list[str]
    calls: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    parts: list[Part]
