"""An outline's chapters with slugs that are free in their project, and with their times."""

from collections.abc import Sequence
from uuid import UUID

from slugify import slugify

from services.docgen.domain.document import Outline, Segment
from services.docgen.domain.slugs import assigned
from services.docgen.ports import PlacedChapter

_SLUG = 80  # characters


def slug(title: str, otherwise: str) -> str:
    """Return a title as a slug, or `otherwise` where nothing of it is left."""
    return str(slugify(title, max_length=_SLUG, word_boundary=True)) or otherwise


def placed(
    outline: Outline,
    segments: Sequence[Segment],
    taken: Sequence[tuple[str, UUID | None]],
    video_id: UUID,
) -> list[PlacedChapter]:
    """Return the chapters of a video; `taken` are its project's slugs, each with its video."""
    slugs = assigned(
        [slug(one.title, "chapter") for one in outline.chapters],
        own={name for name, video in taken if video == video_id},
        others={name for name, video in taken if video != video_id},
    )
    times = _times(outline, segments)
    return [
        PlacedChapter(chapter, name, *time)
        for chapter, name, time in zip(outline.chapters, slugs, times, strict=True)
    ]


def _times(outline: Outline, segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Return each chapter's start and end in seconds; it ends where the next one starts."""
    cited = [
        [segments[n] for n in one.segments if 0 <= n < len(segments)] for one in outline.chapters
    ]
    starts = [min((one.start for one in each), default=0.0) for each in cited]
    ends = [max((one.end for one in each), default=0.0) for each in cited]
    following = [*starts, float("inf")][1:]
    return [
        (start, max(start, min(end, after)))
        for start, end, after in zip(starts, ends, following, strict=True)
    ]
