"""What the gateway tells, as frozen records: only the fields that the command uses.

Each `read` raises KeyError, TypeError or ValueError for JSON of another shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

Json = dict[str, Any]
TERMINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants of a video: its translations, and the sound track to hear, from 1."""

    languages: tuple[str, ...] = ()
    audio_track: int | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What the AI services run on; `languages` is None where any will do, or none is told yet."""

    name: str
    languages: tuple[str, ...] | None

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read `{engine, languages}`."""
        languages = found.get("languages")
        return cls(str(found.get("engine") or ""), None if languages is None else tuple(languages))


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a video's bytes go by tus: on to `upload_url`, or to one made at `create_url`.

    `headers` go with each request, `metadata` with the one that creates; `chunk` is the bytes of
    each request but the last.
    """

    upload_url: str
    create_url: str
    headers: dict[str, str]
    metadata: dict[str, str]
    chunk: int

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read a ticket."""
        return cls(
            str(found.get("upload_url") or ""),
            str(found.get("create_url") or ""),
            {str(name): str(value) for name, value in dict(found["headers"]).items()},
            {str(name): str(value) for name, value in dict(found["metadata"]).items()},
            int(found["chunk_bytes"]),
        )


@dataclass(frozen=True, slots=True)
class Video:
    """A video's row; only one that was just created has a `ticket`."""

    id: str
    filename: str
    ticket: Ticket | None

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read a video's row."""
        ticket = Ticket.read(found["upload"]) if "upload" in found else None
        return cls(str(found["id"]), str(found["filename"]), ticket)


@dataclass(frozen=True, slots=True)
class Step:
    """A unit of a job; `percent` is 0 to 100, `expected` a plan's count of pieces.

    `until` is when one that waits for its engine's quota goes on.
    """

    unit: str
    state: str
    percent: float
    reason: str
    expected: int | None
    until: datetime | None

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read `{unit, state, percent, reason, expected, until}`."""
        expected, until = found.get("expected"), found.get("until")
        return cls(
            str(found["unit"]),
            str(found["state"]),
            float(found.get("percent") or 0),
            str(found.get("reason") or ""),
            None if expected is None else int(expected),
            None if until is None else datetime.fromisoformat(until),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A job's row with its steps; `progress` is 0 to 1, `told` the JSON it was read from.

    `cost` is in US dollars, None where nothing was paid or a price is not known.
    """

    id: str
    video_id: str
    video_title: str
    status: str
    step_message: str
    progress: float
    cost: float | None
    error: str
    created_at: str
    languages: tuple[str, ...]
    issues: tuple[str, ...]
    steps: tuple[Step, ...]
    told: Json

    @property
    def over(self) -> bool:
        """Say whether the job has ended."""
        return self.status in TERMINAL

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read a job's row; without `steps` it has none."""
        return cls(
            id=str(found["id"]),
            video_id=str(found["video_id"]),
            video_title=str(found.get("video_title") or ""),
            status=str(found["status"]),
            step_message=str(found.get("step_message") or ""),
            progress=float(found.get("progress") or 0),
            cost=None if found.get("cost") is None else float(found["cost"]),
            error=str(found.get("error_message") or ""),
            created_at=str(found.get("created_at") or ""),
            languages=tuple(str(tag) for tag in found.get("languages") or ()),
            issues=tuple(str(issue) for issue in found.get("issues") or ()),
            steps=tuple(Step.read(step) for step in found.get("steps") or ()),
            told=found,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of a job would use."""

    part: str
    calls: int
    prompt_tokens: int
    output_tokens: int

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read `{part, calls, prompt_tokens, output_tokens}`."""
        return cls(
            str(found["part"]),
            int(found["calls"]),
            int(found["prompt_tokens"]),
            int(found["output_tokens"]),
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would use; `cost` in US dollars, None where no price is known."""

    engine: str
    seconds: float
    calls: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    parts: tuple[Part, ...]
    told: Json

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read the gateway's prediction."""
        cost = found["cost"]
        return cls(
            str(found["engine"] or ""),
            float(found["seconds"]),
            int(found["calls"]),
            int(found["prompt_tokens"]),
            int(found["output_tokens"]),
            None if cost is None else float(cost),
            tuple(Part.read(one) for one in found["parts"]),
            found,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a job: no `job` where it has not changed since the look that gave `etag`.

    `retry_after` is the delay in seconds that the gateway asked for, 0 for none.
    """

    job: Job | None
    etag: str
    retry_after: float


@dataclass(frozen=True, slots=True)
class Subtitles:
    """The languages that a video has subtitles in; `source` is the one spoken."""

    source: str
    languages: tuple[str, ...]

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read `{source, languages}`."""
        languages = tuple(str(tag) for tag in found["languages"])
        return cls(str(found.get("source") or ""), languages)


@dataclass(frozen=True, slots=True)
class Article:
    """An article in one language; `content` is its Tiptap document."""

    id: str
    chapter_id: str
    chapter_order: int
    title: str
    slug: str
    content: Json

    @classmethod
    def read(cls, found: Json) -> Self:
        """Read an article of a video's list."""
        return cls(
            str(found["id"]),
            str(found["chapter_id"]),
            int(found["chapter_order"]),
            str(found["title"]),
            str(found["slug"]),
            dict(found["content_json"]),
        )


def articles(found: Sequence[Json]) -> list[Article]:
    """Read a video's list of articles."""
    return [Article.read(one) for one in found]


@dataclass(frozen=True, slots=True)
class Login:
    """How users log in: `kind` is "none" or "supabase"."""

    kind: str
    supabase_url: str
    publishable_key: str

    @classmethod
    def read(cls, told: Json) -> "Login":
        """Return what a configuration says."""
        login = told["login"]
        return cls(
            login["kind"],
            login.get("supabase_url") or "",
            login.get("supabase_publishable_key") or "",
        )


@dataclass(frozen=True, slots=True)
class Me:
    """Who calls; `organizations` are names with roles, `next_step` what to do without any."""

    user_id: str
    email: str
    organizations: tuple[tuple[str, str], ...]
    next_step: str

    @classmethod
    def read(cls, told: Json) -> "Me":
        """Return what the gateway says."""
        return cls(
            told["user_id"],
            told.get("email") or "",
            tuple((one["name"], one["role"]) for one in told["organizations"]),
            told.get("next_step") or "",
        )
