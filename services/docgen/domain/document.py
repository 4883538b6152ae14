"""What a writer reads and what it makes: segments, an outline, a draft.

Times are seconds from the start of the video. A segment is cited by its `number`, its place in the
video's transcript counted from 0: short enough for a model to repeat without fault, and the same
for the same content, so that an answer kept by content fits every copy of a video.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said and shown from `start` to `end` (seconds).

    `visual` is the screen's text, on the first segment of a slide only. `confidence` runs from 0
    to 1, and is None where nothing measured it.
    """

    number: int
    start: float
    end: float
    spoken: str
    visual: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter to write: `segments` are the numbers that it rests on."""

    title: str
    description: str
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A video's chapters in order; none where nothing was said and nothing shown."""

    chapters: tuple[Chapter, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Outline":
        """Read what `to_json` made."""
        return cls(
            tuple(
                Chapter(one["title"], one["description"], tuple(one["segments"]))
                for one in data["chapters"]
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data: `{"chapters": [{"title", "description", "segments": [int]}]}`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of an article: Markdown, the segments' numbers it rests on, and its picture.

    `picture` is the second of the video that shows it, or None. `note` is a remark about the
    section, which rests on what the section does and quotes nothing of it.
    """

    markdown: str
    segments: tuple[int, ...]
    picture: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that a section asks for: the second that shows it best, and when it may be shown.

    `start` and `end` are seconds; the whole video by default.
    """

    moment: float
    start: float = 0.0
    end: float = math.inf


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as a writer made it; `label` tells the reader what to beware of, if anything."""

    title: str
    sections: tuple[Section, ...]
    label: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Draft":
        """Read what `to_json` made."""
        sections = (
            Section(one["markdown"], tuple(one["segments"]), one["picture"], one.get("note", ""))
            for one in data["sections"]
        )
        return cls(data["title"], tuple(sections), data["label"])

    def to_json(self) -> dict[str, Any]:
        """Return plain data of the same shape, with lists for tuples once it is JSON."""
        return asdict(self)


def wanted(section: Section, segments: Sequence[Segment]) -> Wanted | None:
    """Return the picture of a section: from what it rests on, the nearer to its moment the better.

    `segments` are the whole video's.
    """
    if section.picture is None:
        return None
    cited = [segments[n] for n in section.segments if 0 <= n < len(segments)]
    return Wanted(
        section.picture,
        min([section.picture, *(one.start for one in cited)]),
        max([section.picture, *(one.end for one in cited)]),
    )


def clock(seconds: float) -> str:
    """Return a moment as a player shows it: `0:07`, `12:30`, `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
