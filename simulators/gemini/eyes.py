"""Looks at an uploaded video: how long it is, and which seconds a counter in the picture shows.

A video made for this carries a strip of 24 cells along its upper edge: black, white, twenty bits of
a number from the highest on, their parity, white. Another video shows nothing in particular.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

CELLS = 24
BITS = 20
_DARK, _BRIGHT = 80, 175  # of 255: a cell between the two is no cell


@dataclass(frozen=True, slots=True)
class Seen:
    """A video's `duration` in seconds, and (time in the video, number shown) for each change."""

    duration: float
    numbers: tuple[tuple[float, int], ...] = ()


@lru_cache(maxsize=256)
def look(path: Path, size: int) -> Seen:
    """Look at a whole file; of `size` bytes, so that one that has grown is looked at again.

    Raises ValueError where it is no video.
    """
    del size
    try:
        with av.open(str(path)) as container:
            duration = (container.duration or 0) / av.time_base
            if not container.streams.video:
                return Seen(duration)
            return Seen(duration, tuple(_changes(container)))
    except FFmpegError as error:
        raise ValueError(str(error)) from error


def _changes(container: "av.container.InputContainer") -> Iterator[tuple[float, int]]:
    before = None
    for frame in container.decode(video=0):
        number = number_in(frame.to_ndarray(format="gray").astype(np.uint8))
        if number is None and before is None:
            return  # no counter: the rest need not be decoded
        if number is not None and number != before and frame.time is not None:
            yield frame.time, number
            before = number


def number_in(picture: NDArray[np.uint8]) -> int | None:
    """Return the number that the strip of a picture (height, width; 0 to 255) shows, or none."""
    height, width = picture.shape
    if width < CELLS:
        return None
    places = ((np.arange(CELLS) + 0.5) * width / CELLS).astype(int)
    cells = picture[height // 16, places]
    if ((cells > _DARK) & (cells < _BRIGHT)).any():
        return None
    bits = [int(cell) for cell in cells > _DARK]
    if bits[:2] != [0, 1] or bits[-1] != 1 or sum(bits[2 : 2 + BITS]) % 2 != bits[-2]:
        return None
    return int("".join(map(str, bits[2 : 2 + BITS])), 2)


def strip(number: int) -> list[int]:
    """Return the cells that show a number: 0 is black, 1 is white."""
    bits = [int(bit) for bit in f"{number:0{BITS}b}"]
    return [0, 1, *bits, sum(bits) % 2, 1]
