"""Words with times become sentences, and sentences become segments of a transcript.

Every time is in seconds from the start of the video.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from shared.formats import readings, subtitles
from shared.formats.vtt import Cue

PAUSE = 0.4
LONGEST = 15.0


@dataclass(frozen=True)
class Word:
    """One spoken word; `start` and `end` in seconds, `confidence` from 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True)
class Segment:
    """What was said and shown from `start` to `end` (seconds).

    `confidence` runs from 0 to 1, and is None where nothing measured it. `speaker` is a name or a
    role, and empty where nobody is known. `words` are those of `spoken`, as (start, end, text)
    where the engine tells their times.
    """

    start: float
    end: float
    spoken: str
    visual: str
    confidence: float | None
    speaker: str = ""
    words: tuple[tuple[float, float, str], ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Segment":
        """Return the segment of which `dataclasses.asdict` made these values."""
        words = tuple((start, end, text) for start, end, text in values.get("words", ()))
        return cls(**{**values, "words": words})


def sentences(
    words: Iterable[Word],
    changes: Iterable[float] = (),
    *,
    pause: float = PAUSE,
    longest: float = LONGEST,
) -> list[Segment]:
    """Split words at pauses, at slide changes and at `longest`; all in seconds.

    A word belongs to the slide on which its middle falls, so that a change in the
    middle of a word does not cut it. The result is ordered, with `visual` empty.
    """
    cuts = sorted(changes)
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda each: (each.start, each.end)):
        if groups and not _apart(groups[-1], word, cuts, pause, longest):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [_segment(group) for group in groups]


def _apart(
    group: Sequence[Word], word: Word, cuts: Sequence[float], pause: float, longest: float
) -> bool:
    last = group[-1]
    return (
        word.start - last.end >= pause
        or word.end - group[0].start > longest
        or slide_at((last.start + last.end) / 2, cuts)
        != slide_at((word.start + word.end) / 2, cuts)
    )


def _segment(group: Sequence[Word]) -> Segment:
    text = " ".join(word.text for word in group)
    confidence = sum(word.confidence for word in group) / len(group)
    return Segment(
        start=group[0].start,
        end=max(word.end for word in group),
        spoken=text[:1].upper() + text[1:] + ".",
        visual="",
        confidence=round(confidence, 3),
        words=tuple((round(one.start, 3), round(one.end, 3), one.text) for one in group),
    )


def cues(segments: Iterable[Segment]) -> list[Cue]:
    """Return the subtitles of what was said, broken at the times of its words where known."""
    said = [one for one in segments if one.spoken.strip()]
    words = [subtitles.Word(*word) for one in said for word in one.words]
    return subtitles.cues_from([(one.start, one.end, one.spoken) for one in said], words)


def slide_at(moment: float, changes: Sequence[float]) -> int:
    """Return the number, from 0, of the slide shown at `moment`; `changes` is sorted, seconds."""
    return bisect_right(changes, moment)


def slides(start: float, end: float, changes: Iterable[float]) -> list[tuple[float, float]]:
    """Cut the window from `start` to `end` at the changes inside it: (start, end) in seconds."""
    edges = [start, *sorted({each for each in changes if start < each < end}), end]
    return [(left, right) for left, right in pairwise(edges) if left < right]


def with_visuals(
    segments: Iterable[Segment], changes: Sequence[float], visuals: Sequence[str]
) -> list[Segment]:
    """Put a slide's text on the first segment whose middle it covers.

    `changes` is sorted, in seconds; `visuals[n]` is the text of slide n, counted from 0
    before the first change, so there is one more visual than there are changes.
    """
    result: list[Segment] = []
    seen: set[int] = set()
    for segment in segments:
        slide = slide_at((segment.start + segment.end) / 2, changes)
        fresh = slide not in seen and slide < len(visuals)
        seen.add(slide)
        result.append(replace(segment, visual=visuals[slide]) if fresh else segment)
    return result


def shown_only(spans: Sequence[tuple[float, float]], visuals: Sequence[str]) -> list[Segment]:
    """Make a silent segment of each slide with text; `spans` are (start, end) in seconds."""
    return [
        Segment(start, end, "", visual, None)
        for (start, end), visual in zip(spans, visuals, strict=True)
        if visual
    ]


def joined(segments: Iterable[Segment], changes: Collection[float]) -> list[Segment]:
    """Join silent segments that follow each other where the later one shows all of the earlier.

    At `changes` (seconds) the whole picture changes: what follows is another slide all the same.
    """
    found: list[Segment] = []
    for one in segments:
        last = found[-1] if found else None
        if (
            last is None
            or one.start in changes
            or last.end < one.start
            or not readings.holds(one.visual, last.visual)
        ):
            found.append(one)
        else:
            same = readings.holds(last.visual, one.visual)
            # The first reading of one slide, and the last of one that is filled in.
            found[-1] = replace(last, end=one.end, visual=(last if same else one).visual)
    return found
