"""What was made of a video: segments, subtitles and articles."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.gateway.decisions import Decision
from services.gateway.models.documents import check_document, without_tokens
from services.gateway.models.texts import Line, Text

ArticleStatus = Literal["draft", "in_review", "published"]
_MOST_CUES = 20_000


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


class Cue(BaseModel):
    """A subtitle; times in seconds, lines separated by a newline."""

    start: float = Field(ge=0, le=360_000, allow_inf_nan=False)
    end: float = Field(ge=0, le=360_000, allow_inf_nan=False)
    text: Text = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _lasts(self) -> "Cue":
        if round(self.end * 1000) <= round(self.start * 1000):
            message = f"the cue at {self.start} s does not end after its start"
            raise ValueError(message)
        if not self.text.strip():
            message = f"the cue at {self.start} s has no text: leave it out"
            raise ValueError(message)
        return self


class Cues(BaseModel):
    """The subtitles of a video in one language."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"cues": [{"start": 0.5, "end": 2.9, "text": "Hello."}]}}
    )

    cues: list[Cue] = Field(max_length=_MOST_CUES)


class Track(Cues):
    """The subtitles as they stand, and what a machine heard after a person had edited them."""

    proposal: Cues | None = Field(description="null where there is none to decide on")


class TrackDecision(BaseModel):
    """What becomes of a proposal: "accept" puts it in place of the cues, "dismiss" forgets it."""

    model_config = ConfigDict(json_schema_extra={"example": {"proposal": "accept"}})

    proposal: Literal["accept", "dismiss"]


class Proposal(BaseModel):
    """What a machine wrote later, beside an article that a person had edited."""

    title: str
    content_json: dict[str, Any]


class Article(BaseModel):
    """An article in one language; `content_json` is a Tiptap document.

    Its blocks' attrs say who wrote them, and which translations are stale: send them back as read.
    """

    id: UUID
    chapter_id: UUID
    chapter_slug: str
    chapter_order: int
    language: str
    title: str
    slug: str
    status: ArticleStatus
    content_json: dict[str, Any]
    content_text: str
    engine: str | None = Field(description="which began it; null where a person did")
    proposal: Proposal | None = Field(description="null where there is none to decide on")
    updated_at: datetime


class ListedArticle(Article):
    """An article among those of its video, where its original stands beside it."""

    # Not the article's own: an edit of the original would change a translation's ETag.
    behind: int = Field(
        description="blocks of a translation that are behind its original, its title counted: "
        "the next job brings them; where a proposal waits, blocks of that; 0 for an original"
    )


class ArticleChange(BaseModel):
    """What to change in an article; what is left out stays.

    `proposal` decides on the machine's later text: "accept" puts it in place of the article's,
    "dismiss" forgets it. `blocks` decides on a translation's stale blocks by their `blockId`:
    "current" is right for what the source says now, "again" is translated anew by the next job.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "title": "How to create a queue",
                "content_json": {
                    "type": "doc",
                    "content": [
                        {"type": "paragraph", "content": [{"type": "text", "text": "Press New."}]}
                    ],
                },
                "status": "in_review",
            }
        }
    )

    title: Line | None = Field(default=None, min_length=1, max_length=300)
    content_json: dict[str, Any] | None = Field(default=None, description="a Tiptap document")
    status: ArticleStatus | None = None
    proposal: Literal["accept", "dismiss"] | None = None
    blocks: dict[str, Decision] = Field(default={}, max_length=10_000)

    @field_validator("content_json")
    @classmethod
    def _document(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        check_document(value)
        return without_tokens(value)

    @model_validator(mode="after")
    def _one_text(self) -> "ArticleChange":
        if self.proposal == "accept" and (self.title or self.content_json or self.blocks):
            message = "accept the proposal or decide on your own text, not both at once"
            raise ValueError(message)
        return self
