"""Encodes a recording's picture again, small, where packets cannot be copied."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from shared.media.frames import read_frames
from shared.media.orientation import scaled_picture
from shared.media.tracks import MediaFile

_A_SECOND = 5  # pictures
_LINES = 720  # at most
_WIDEST = 1280  # pixels
_CLOCK = Fraction(1, 1000)
# Text stays readable; a keyframe every five seconds.
_OPTIONS = {"preset": "veryfast", "crf": "26", "g": str(5 * _A_SECOND), "threads": "2"}


def encode_picture(
    writing: Any, source: Path, media: MediaFile, stretch: tuple[float, float]
) -> Iterator[tuple[float, Any]]:
    """Add an H.264 stream to `writing`; yield (second, packet) of it, first a packet of nothing.

    Five pictures a second of at most 720 lines, as a player shows them, from start to end of the
    stretch, in seconds. Before the recording's first picture is black; its last one stays.
    """
    if media.picture is None:
        raise AssertionError
    start, end = stretch
    width, height = _size(media.picture.width, media.picture.height)
    stream = writing.add_stream("libx264", rate=_A_SECOND, options=_OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = _CLOCK
    yield start, []
    for n, picture in enumerate(_pictures(source, media, stretch, (width, height))):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = n * 1000 // _A_SECOND, _CLOCK
        for packet in stream.encode(frame):
            yield start + n / _A_SECOND, packet
    for packet in stream.encode(None):
        yield end, packet


def _size(width: int, height: int) -> tuple[int, int]:
    """Return an even size of the same shape that is no larger than allowed."""
    share = min(1.0, _LINES / height, _WIDEST / width)
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _pictures(
    source: Path, media: MediaFile, stretch: tuple[float, float], size: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    """Yield what is shown at each moment of a stretch, of shape (height, width, 3)."""
    start, end = stretch
    count = max(1, int((end - start) * _A_SECOND))
    picture: NDArray[np.uint8] = np.zeros((size[1], size[0], 3), np.uint8)
    shown = None
    n = 0
    for second, frame, _ in read_frames(source, media, start, end):
        # Converting is dear: only what is shown at a moment is converted.
        if shown is None and n == 0 and second - start <= 1 / _A_SECOND:
            second = start  # noqa: PLW2901 - no black for a few hundredths
        while n < count and start + n / _A_SECOND < second:
            if shown is not None:
                picture, shown = scaled_picture(shown, size), None
            yield picture
            n += 1
        shown = frame
    if shown is not None:
        picture = scaled_picture(shown, size)
    for _ in range(n, count):
        yield picture
