"""Cutting a video's duration into windows that replicas can share."""

import math


def windows(duration: float, length: float) -> list[tuple[float, float]]:
    """Return (start, end) in seconds: at least one window, all of them at most `length` long."""
    count = max(1, math.ceil(duration / length))
    return [(n * length, min((n + 1) * length, duration)) for n in range(count)]
