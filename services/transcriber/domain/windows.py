"""Cutting a video's duration into windows that replicas can share."""

import math

OVERLAP = 6.0  # seconds that two neighbours both hear, so that no sentence is cut in both


def windows(duration: float, length: float, overlap: float = 0.0) -> list[tuple[float, float]]:
    """Return (start, end) in seconds: at least one window, in order, together the whole duration.

    Each begins `overlap` before the end of the one before it, and is at most `length` + `overlap`
    long. A last window that would hold hardly anything of its own is part of the one before it.
    """
    if duration <= length + overlap:
        return [(0.0, duration)]
    count = max(1, math.ceil((duration - overlap) / length))
    return [
        (max(0.0, n * length - (overlap if n else 0.0)), min((n + 1) * length, duration))
        if n < count - 1
        else (max(0.0, n * length - overlap), duration)
        for n in range(count)
    ]


def halves(start: float, end: float, overlap: float = OVERLAP) -> list[tuple[float, float]]:
    """Return the two halves of a stretch, with `overlap` seconds in common; all in seconds."""
    middle, shared = (start + end) / 2, min(overlap, (end - start) / 4)
    return [(start, middle + shared / 2), (middle - shared / 2, end)]
