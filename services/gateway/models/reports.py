"""What a language of a video falls short in."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Untranslated(BaseModel):
    """A text that no translation passed the checks for: it stays in the source language."""

    article_id: UUID | None = Field(description="null for a subtitle")
    block_id: str | None = Field(description="of the article's block; null for its title")
    start: float | None = Field(description="seconds, of a subtitle's cue; else null")
    where: str = Field(description='"title", "block 3" or "cue 37"')
    text: str = Field(description="in the source language")
    checks: list[str] = Field(description="what was wrong with the last translation of it")


class Finding(BaseModel):
    """A rule of subtitles that a cue breaks."""

    cue: int = Field(description="from 1; 0 for the file as a whole")
    start: float = Field(description="seconds")
    rule: str
    detail: str


class Report(BaseModel):
    """A language of a video, and what a person should look at before it is published.

    What a person has written since is no longer named.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "language": "es",
                "untranslated": [
                    {
                        "article_id": None,
                        "block_id": None,
                        "start": 12.5,
                        "where": "cue 4",
                        "text": "Wait 3 seconds.",
                        "checks": ["numbers changed"],
                    }
                ],
                "subtitles": [
                    {"cue": 9, "start": 31.0, "rule": "speed", "detail": "23.1 characters a second"}
                ],
            }
        }
    )

    language: str
    untranslated: list[Untranslated]
    subtitles: list[Finding] = Field(description="rules that the subtitles break")
