"""How deep a video's documentation goes: by how much is said and shown in it."""

import math
from collections.abc import Sequence

from services.docgen.domain.document import Chapter, Outline, Segment

_CHAPTER = 240.0  # seconds that one chapter is about, where people speak as they do
_RATE = 2.3  # words spoken a second, by which dense speech counts for more
_LONGEST = 3  # times that: a chapter of so much is outlined once more by itself
_MOST = 150  # chapters of one video


def told(segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments that say or show something."""
    return [one for one in segments if one.spoken.strip() or one.visual.strip()]


def amount(segments: Sequence[Segment]) -> float:
    """Return how much there is to write about, as the seconds that saying it takes."""
    words = sum(len(one.spoken.split()) for one in segments)
    covered = sum(one.end - one.start for one in told(segments))
    return max(words / _RATE, covered)


def chapters_for(segments: Sequence[Segment]) -> int:
    """Return about how many chapters the material is worth; at least one."""
    return min(_MOST, max(1, math.ceil(amount(segments) / _CHAPTER)))


def is_too_long(segments: Sequence[Segment]) -> bool:
    """Say whether a chapter on these segments would be a thin article about a lot."""
    return amount(segments) > _LONGEST * _CHAPTER


def completed(chapters: Sequence[Chapter], segments: Sequence[Segment]) -> Outline:
    """Return the outline in the order of the video, each told segment in exactly one chapter.

    A segment that was left out joins the chapter before it, a doubled one stays with the first
    that names it, and a chapter that is left with nothing is none.
    """
    known = [one.number for one in told(segments)]
    place: dict[int, int] = {}
    for n, chapter in enumerate(chapters):
        for number in chapter.segments:
            place.setdefault(number, n)
    at = next((place[number] for number in known if number in place), 0)
    members: dict[int, list[int]] = {}
    for number in known:
        at = place.get(number, at)
        members.setdefault(at, []).append(number)
    made = [
        Chapter(chapters[n].title, chapters[n].description, tuple(numbers))
        for n, numbers in members.items()
    ]
    return Outline(tuple(sorted(made, key=lambda one: one.segments[0])))
