"""Every event that Docreel's services exchange, as frozen models; references, never content.

The envelope is the same for all: who it is about (job, project, video), in which `epoch` of the
job (1, and one more for each retry), on which `attempt`, and an `id` that is a function of job,
epoch, unit and type, so that the same event published twice is recognisably the same.

Unknown fields are ignored: an older service keeps working beside a newer one.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

# A constant of Docreel's own (RFC 9562, section 5.5: a name-based UUID needs a namespace).
_NAMESPACE = UUID("6f7c9d0e-2d5b-5c1a-9a54-0d0c7e11ee01")

# Jobs hold at most this many windows and articles; a larger number is a fault, not a long video.
MOST_UNITS = 100_000


def event_id(job_id: UUID, epoch: int, unit: str, kind: str) -> UUID:
    """Return the id of the one event of type `kind` that `unit` of this job and epoch can emit."""
    return uuid5(_NAMESPACE, f"{job_id}:{epoch}:{unit}:{kind}")


def _now() -> datetime:
    return datetime.now(UTC)


class Event(BaseModel):
    """What every event carries.

    `unit` names the step of work within the job that the event is about, such as `window/3`.
    `traceparent` is W3C Trace Context's header, empty when nothing is traced.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)

    kind: ClassVar[str]

    id: UUID
    job_id: UUID
    project_id: UUID
    video_id: UUID
    epoch: int = Field(ge=1)
    attempt: int = Field(ge=1, default=1)
    unit: str = Field(min_length=1, max_length=200)
    occurred_at: AwareDatetime
    traceparent: str = ""

    @classmethod
    def of(  # noqa: PLR0913 - an envelope has this many fields
        cls,
        *,
        job_id: UUID,
        project_id: UUID,
        video_id: UUID,
        unit: str,
        epoch: int = 1,
        attempt: int = 1,
        traceparent: str = "",
        **fields: Any,
    ) -> Self:
        """Build an event with its deterministic id and the present time."""
        return cls.model_validate(
            {
                **fields,
                "id": event_id(job_id, epoch, unit, cls.kind),
                "job_id": job_id,
                "project_id": project_id,
                "video_id": video_id,
                "epoch": epoch,
                "attempt": attempt,
                "unit": unit,
                "occurred_at": _now(),
                "traceparent": traceparent,
            }
        )

    @classmethod
    def following(cls, cause: "Event", *, unit: str | None = None, **fields: Any) -> Self:
        """Build the event that follows `cause`: the same job, epoch and trace, a first attempt."""
        return cls.of(
            job_id=cause.job_id,
            project_id=cause.project_id,
            video_id=cause.video_id,
            unit=cause.unit if unit is None else unit,
            epoch=cause.epoch,
            traceparent=cause.traceparent,
            **fields,
        )


class VideoProcess(Event):
    """A person asked for a video to be processed into `languages` (BCP 47 tags)."""

    kind = "video.process"
    languages: tuple[str, ...] = ()
    audio_track: int | None = Field(
        default=None, ge=1, description="which of the sound tracks is heard, from 1; none: any"
    )


class JobCancel(Event):
    """A person asked for a job to stop."""

    kind = "job.cancel"


class TranscriptionPlanned(Event):
    """The video was looked at: `windows` stretches of it are to be transcribed."""

    kind = "transcription.planned"
    windows: int = Field(ge=0, le=MOST_UNITS)
    duration: float = Field(ge=0, description="seconds")
    issues: tuple[str, ...] = Field(default=(), description="what of the file cannot be used")


class TranscriptionRequested(Event):
    """One window of the video, from `start` to `end` seconds, is to be transcribed."""

    kind = "transcription.requested"
    window: int = Field(ge=0, lt=MOST_UNITS)
    windows: int = Field(ge=1, le=MOST_UNITS, description="how many the video has")
    start: float = Field(ge=0, description="seconds")
    end: float = Field(ge=0, description="seconds")
    sound: int | None = Field(default=None, description="stream index of what is heard, if any")
    language: str = Field(default="en", description="what is spoken (BCP 47)")


class TranscriptionCompleted(Event):
    """One window of the video is transcribed."""

    kind = "transcription.completed"
    window: int = Field(ge=0, lt=MOST_UNITS)
    issues: tuple[str, ...] = Field(default=(), description="what is missing of it")


class VideoTranscribed(Event):
    """All windows are merged: the video's segments and source subtitles are stored."""

    kind = "video.transcribed"
    languages: tuple[str, ...] = ()
    segments: int = Field(ge=0)
    issues: tuple[str, ...] = Field(default=(), description="what is missing of the whole")


class DocsOutlined(Event):
    """The chapters are stored: `articles` articles are to be written."""

    kind = "docs.outlined"
    articles: int = Field(ge=0, le=MOST_UNITS)


class ArticleRequested(Event):
    """One chapter's article is to be written."""

    kind = "article.requested"
    chapter_id: UUID
    articles: int = Field(ge=1, le=MOST_UNITS, description="how many the video gets")
    languages: tuple[str, ...] = ()


class ArticleWritten(Event):
    """One article is stored in the source language."""

    kind = "article.written"
    article_id: UUID
    languages: tuple[str, ...] = ()


class DocsGenerated(Event):
    """Every article was written or has failed."""

    kind = "docs.generated"
    articles: int = Field(ge=0, le=MOST_UNITS)


class TranslationRequested(Event):
    """An article, or the subtitles where `article_id` is none, is to be translated."""

    kind = "translation.requested"
    language: str
    article_id: UUID | None = None


class TranslationCompleted(Event):
    """An article, or the subtitles where `article_id` is none, is translated."""

    kind = "translation.completed"
    language: str
    article_id: UUID | None = None
    untranslated: int = Field(ge=0, default=0, description="texts left in the source language")
    left: tuple[str, ...] = Field(default=(), description="the first of them, by name")


class UnitStarted(Event):
    """A worker began a paid unit."""

    kind = "unit.started"


class UnitProgressed(Event):
    """A paid unit is done to `percent` of a hundred."""

    kind = "unit.progressed"
    percent: float = Field(ge=0, le=100)


class UnitWaiting(Event):
    """A paid unit waits for its engine's quota; `until` is when it is tried again."""

    kind = "unit.waiting"
    reason: str
    until: AwareDatetime


class UnitFailed(Event):
    """A unit failed for good; `reason` is a sentence for the person who waits for it."""

    kind = "unit.failed"
    reason: str


class JobCompleted(Event):
    """The job ended; `issues` names each piece that is missing."""

    kind = "job.completed"
    issues: tuple[str, ...] = ()


class JobFailed(Event):
    """The job ended without a result."""

    kind = "job.failed"
    reason: str


class JobCancelled(Event):
    """The job ended because a person asked for it."""

    kind = "job.cancelled"
