"""Videos: created with a ticket for their bytes, and the links to play them by."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.gateway.models.subtitle_files import SubtitleFile
from services.gateway.models.texts import Line
from shared.formats.names import valid

_ID = "7f8c2f3e-3a86-4f0e-9d0d-0a6f3a1f2b11"
# File systems take 255 bytes, or 255 units of UTF-16, which are at most three bytes of UTF-8 each.
_LONGEST_NAME = 3 * 255


class NewVideo(BaseModel):
    """A video to create; its bytes follow at the answer's `upload_url`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"filename": "demo.mp4", "size_bytes": 73_400_320}}
    )

    filename: str = Field(min_length=1, description="as its file system has it")
    size_bytes: int = Field(le=2**62)
    title: Line | None = Field(default=None, min_length=1, max_length=500)
    project_id: UUID | None = Field(default=None, description="none: the oldest project")

    @field_validator("filename", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return valid(value) if isinstance(value, str) else value

    @field_validator("filename")
    @classmethod
    def _own_name(cls, value: str) -> str:
        # Whatever a file system has; no file of any is called so.
        if "/" in value or value in {".", ".."}:
            message = "give the file's name alone, without folders"
            raise ValueError(message)
        if "\0" in value:
            message = "remove the character U+0000, which no file's name has"
            raise ValueError(message)
        if len(value.encode()) > _LONGEST_NAME:
            message = f"use at most {_LONGEST_NAME} bytes, more than any file system takes"
            raise ValueError(message)
        return value

    @field_validator("size_bytes")
    @classmethod
    def _not_empty(cls, value: int) -> int:
        if value < 1:
            message = "the file is empty: choose a video that has content"
            raise ValueError(message)
        return value


VideoStatus = Literal["uploading", "uploaded", "processing", "ready", "failed"]


class Video(BaseModel):
    """A video's row; `storage_path` is null until its upload has finished."""

    id: UUID
    project_id: UUID
    title: str
    filename: str = Field(examples=["demo.mp4"])
    status: VideoStatus = Field(
        description="`ready` once a job was completed, also with issues; of several jobs the one "
        "that was accepted last decides, and one that was cancelled changes nothing",
        examples=["ready"],
    )
    error_message: str | None = Field(description="of `failed`: why", examples=[None])
    storage_path: str | None = Field(examples=[f"videos/{_ID}/demo.mp4"])
    size_bytes: int | None
    duration: float | None = Field(description="seconds; null until known")
    poster_url: str | None = Field(
        description="a picture of it, by a link that works for a while; null without one",
        examples=[f"/api/videos/{_ID}/images/poster.jpg?token=abc"],
    )
    languages: list[str] = Field(
        description="what it has subtitles in, the spoken one first", examples=[["en", "es"]]
    )
    subtitle_file: SubtitleFile | None = Field(
        description="what a person gave with it; null: nothing"
    )
    created_at: datetime
    updated_at: datetime


class Upload(BaseModel):
    """Where a video's bytes go, by tus 1.0, and what goes with them.

    With `upload_url` the upload is there already: go on with it (HEAD, then PATCH). With
    `create_url` create it first (POST), with `metadata` and `headers`.
    """

    protocol: Literal["tus"] = "tus"
    upload_url: str | None = Field(examples=[f"/api/uploads/{_ID}"])
    create_url: str | None = Field(examples=[None])
    headers: dict[str, str] = Field(description="to send with each of its requests")
    metadata: dict[str, str] = Field(description="for Upload-Metadata")
    chunk_bytes: int = Field(description="the size of each chunk but the last")
    expires_at: datetime | None = Field(description="null: it does not expire")


class CreatedVideo(Video):
    """A video just created, and the ticket for its bytes."""

    upload: Upload
    upload_url: str | None = Field(
        examples=[f"/api/uploads/{_ID}"], description="as `upload.upload_url`"
    )


class VideoChange(BaseModel):
    """What to change in a video; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "How to create a queue"}})

    title: Line | None = Field(default=None, min_length=1, max_length=500)


class Media(BaseModel):
    """Links that a player, an image or a text track can use: they need no header."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "file_url": f"/api/videos/{_ID}/file?token=abc",
                "token": "abc",
                "expires_at": "2026-11-24T18:00:00Z",
            }
        }
    )

    file_url: str = Field(description="the video's file; answers Range requests")
    token: str = Field(
        description="works as `?token=` on this video's file, images, subtitles and chapters.vtt"
    )
    expires_at: datetime


class Chapter(BaseModel):
    """A stretch of a video that has articles; times in seconds."""

    id: UUID
    slug: str
    title: str
    description: str
    order: int
    start_time: float
    end_time: float
