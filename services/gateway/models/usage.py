"""What was spent, and what a job would cost."""

from pydantic import BaseModel, Field


class Spent(BaseModel):
    """What answered calls used; `cost` in US dollars, null where a model has no known price."""

    calls: int
    prompt_tokens: int = Field(description="the cached ones included")
    output_tokens: int = Field(description="thinking included")
    cached_tokens: int
    cost: float | None
    unanswered: int = Field(
        description="calls given up before their answer, by a cancel or a broken connection: "
        "whether they were paid for is unknown, and they are in no other sum"
    )
    unanswered_tokens: int = Field(description="of their prompts, about")


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
