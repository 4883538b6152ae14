"""What a model told of a clip, put on the video's clock: possible, in order, and with no overlap.

Models name times beyond the end of the clip, or none at all. What was said is worth more than when:
speech is left out only where it cannot belong to the stretch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from services.transcriber.domain.segments import Segment
from services.transcriber.domain.times import seconds

SLACK = 1.5  # seconds: times come in whole seconds, and are rounded
_RATE = 14.0  # characters spoken a second, where an end is missing
_SHORTEST = 0.3  # seconds of a segment


@dataclass(frozen=True, slots=True)
class Told:
    """One segment as the model gave it: its times as written, counted from the clip's start."""

    start: str
    end: str
    spoken: str
    visual: str
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Segments on the video's clock; `beyond` is how many seconds of speech lie after its end.

    Where that is much, the model's clock ran fast, and the other times are wrong as well.
    """

    segments: list[Segment]
    beyond: float


def placed(told: Sequence[Told], begins: float, start: float, end: float) -> Placed:
    """Place what was told of the clip from `begins` to `end`, of which `start` to `end` is asked.

    All in seconds of the video. The result is sorted, without overlaps, and within the stretch.
    """
    length = end - begins
    timed = list(_timed(told, length))
    beyond = [one for one in timed if one.start >= length + SLACK]
    kept = []
    for one in timed:
        if one in beyond or not (one.spoken or one.visual):
            continue
        moved = replace(
            one,
            start=min(max(one.start + begins, start), end - _SHORTEST),
            end=min(one.end + begins, end),
        )
        if one.end + begins > start:
            kept.append(replace(moved, end=max(moved.end, moved.start + _SHORTEST)))
    return Placed(apart(kept), sum(one.end - one.start for one in beyond if one.spoken))


def apart(segments: Iterable[Segment]) -> list[Segment]:
    """Return segments in order, each ending where the next begins at the latest.

    Those that begin at the same moment share its time by the length of their texts.
    """
    ordered = sorted(segments, key=lambda one: one.start)
    groups = [list(group) for _, group in groupby(ordered, key=lambda one: one.start)]
    result: list[Segment] = []
    for n, group in enumerate(groups, 1):
        latest = max(one.end for one in group)
        result += _shared(group, min(latest, groups[n][0].start) if n < len(groups) else latest)
    return result


def _shared(group: Sequence[Segment], end: float) -> list[Segment]:
    start = group[0].start
    weights = [1 + len(one.spoken or one.visual) for one in group]
    edges = [start + (end - start) * sum(weights[:n]) / sum(weights) for n in range(len(group))]
    return [
        replace(one, start=left, end=right)
        for one, left, right in zip(group, edges, [*edges[1:], end], strict=True)
    ]


def missing(
    segments: Sequence[Segment], start: float, end: float, longest: float
) -> list[tuple[float, float]]:
    """Return the stretches of more than `longest` seconds of which nothing is told, in order."""
    found: list[tuple[float, float]] = []
    reached = start
    for one in sorted(segments, key=lambda each: each.start):
        if one.start - reached > longest:
            found.append((reached, one.start))
        reached = max(reached, one.end)
    if end - reached > longest:
        found.append((reached, end))
    return found


def _timed(told: Iterable[Told], length: float) -> Iterable[Segment]:
    """Yield segments on the clip's clock; one without a start begins where the last one ended."""
    reached = 0.0
    for one in told:
        spoken, visual = one.spoken.strip(), one.visual.strip()
        start = seconds(one.start, length)
        start = reached if start is None else start
        ended = seconds(one.end, length)
        if ended is None or ended <= start:
            ended = start + max(1.0, len(spoken) / _RATE)
        reached = ended
        yield Segment(start, ended, spoken, visual, None, one.speaker.strip())
