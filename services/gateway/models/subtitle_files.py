"""The subtitle file that a person gave with a video."""

from pydantic import BaseModel, Field


class SubtitleFile(BaseModel):
    """A subtitle file as it was read: the video's subtitles, from its next processing on."""

    filename: str = Field(examples=["talk.en.srt"])
    language: str | None = Field(
        description="BCP 47; null: not stated, and then the project's", examples=["en"]
    )
    cues: int = Field(description="how many were read", examples=[212])
