"""Rows: pictures that are stored in another way than they are shown."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.media.containers import HEVC, VP8
from tests.media.drawing import draw, draw_page
from tests.media.making import Picture, Sound, write
from tests.media.rows import Row, refused, seen

Turn = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
_CARD = Picture()
_HUGE = 16_000  # pixels: FFmpeg itself makes none of 16,384
_ONE = 65_536  # of a display matrix


def _matrix(a: int, b: int, c: int, d: int) -> tuple[int, ...]:
    return a * _ONE, b * _ONE, 0, c * _ONE, d * _ONE, 0, 0, 0, 1 << 30


def _turned_left(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rot90(picture, 1)


def _turned_right(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rot90(picture, -1)


def _upside_down(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rot90(picture, 2)


def _transposed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture.transpose(1, 0, 2)


def _transversed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rot90(picture.transpose(1, 0, 2), 2)


# What is stored, and the matrix by which a player shows it as it was drawn.
_STORED: dict[str, tuple[Turn, tuple[int, ...]]] = {
    "rotated_90": (_turned_left, _matrix(0, 1, -1, 0)),
    "rotated_180": (_upside_down, _matrix(-1, 0, 0, -1)),
    "rotated_270": (_turned_right, _matrix(0, -1, 1, 0)),
    "mirrored": (np.fliplr, _matrix(-1, 0, 0, 1)),
    "flipped": (np.flipud, _matrix(1, 0, 0, -1)),
    "transposed": (_transposed, _matrix(0, 1, 1, 0)),
    "transversed": (_transversed, _matrix(0, -1, -1, 0)),
}


def _turned(name: str, ending: str, drawn: Picture = _CARD, **more: Any) -> Row:
    turn, matrix = _STORED[name]
    stored = _with(drawn, turn=turn, matrix=matrix)
    return seen(f"{name}.{ending}", partial(_write, tracks=(stored,)), **more)


def _with(picture: Picture, **more: Any) -> Picture:
    return Picture(**{**picture.__dict__, **more})


def _write(path: Path, tracks: tuple[Any, ...]) -> None:
    write(path, *tracks)


def _seen(name: str, drawn: Picture, **more: Any) -> Row:
    return seen(name, partial(_write, tracks=(drawn,)), **more)


def _coloured(name: str, colours: tuple[int, int], form: str) -> Row:
    fine = Picture(colours=colours, form=form, options={"crf": "5"}, seconds=3)
    return _seen(name, fine, duration=3, near=12)


def _few(name: str, picture: Picture) -> Row:
    """Return a row of a minute in which only frames that changed were kept: four."""
    times = (0, 14, 31, 45)
    still = _with(picture, times=times)
    tracks = (still, Sound(codec="aac" if name.endswith("mp4") else "libopus", channels=(_MINUTE,)))
    return Row(
        name, partial(_write, tracks=tracks), duration=60, at=40.5, counts=31, first=55, last=57
    )


def _tone(second: float, length: float, whole: float) -> NDArray[np.float32]:
    times = np.arange(round(whole * 16_000)) / 16_000
    on = (times >= second) & (times < second + length)
    return np.where(on, 0.3 * np.sin(2 * np.pi * 440 * times), 0).astype(np.float32)


_MINUTE = _tone(55, 2, 60)


def _huge(path: Path, stated: int = _HUGE) -> None:
    """Write a picture of 16,000 lines in a few kilobytes; its header may state another number."""
    frame = av.VideoFrame(_HUGE, _HUGE, "monob")
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.pts = 0
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = _HUGE, _HUGE, "monob"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    made, wanted = (2 * side.to_bytes(2, "big") for side in (_HUGE, stated))
    whole = path.read_bytes()
    at = whole.index(made, whole.index(b"stsd"))
    path.write_bytes(whole[:at] + wanted + whole[at + 4 :])


def _scrolled(second: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    picture = draw(second, size)
    picture[20:] = np.roll(picture[20:], 7 * second, axis=0)
    return picture


TABLE = [
    *[_turned(name, "mp4") for name in _STORED],
    _turned("rotated_90", "mov", HEVC),
    _turned("rotated_270", "mkv"),
    _turned(
        "rotated_90",
        "large.mp4",
        Picture(size=(960, 640), rate=Fraction(1), draw=draw_page),
        picture=(960, 640),
        counts=None,
        quarters="",
    ),
    _seen("anamorphic.mp4", Picture(size=(160, 160), pixel=Fraction(3, 2))),
    _seen("anamorphic.mkv", Picture(size=(160, 160), pixel=Fraction(3, 2))),
    _seen("narrow.mp4", Picture(size=(240, 80), pixel=Fraction(1, 2))),
    _turned("rotated_180", "wide.mp4", Picture(size=(160, 160), pixel=Fraction(3, 2))),
    _turned(
        "rotated_90",
        "wide.mp4",
        # Its pixels are wide as they are stored: high, as they are shown.
        Picture(size=(240, 80), pixel=Fraction(2)),
        picture=(240, 160),
    ),
    _seen("nonsense_pixels.mp4", Picture(pixel=Fraction(1, 200))),
    _seen(
        "odd.mkv", Picture(size=(241, 161), form="yuv444p", rate=Fraction(1)), picture=(241, 161)
    ),
    _seen("ten_bits.mp4", Picture(form="yuv420p10le")),
    _seen("high422.mkv", Picture(form="yuv422p")),
    _seen("rgb.mkv", Picture(codec="libx264rgb", form="rgb24")),
    _seen("interlaced.mp4", Picture(options={"flags": "+ildct+ilme", "x264-params": "tff=1"})),
    _coloured("bt709.mp4", (1, 1), "yuv420p"),
    _coloured("bt709_full.mp4", (1, 2), "yuv420p"),
    _coloured("bt601.mp4", (6, 1), "yuv420p"),
    _few("vfr.mp4", Picture(options={"bf": "0"})),
    _few("vfr.webm", VP8),
    _seen("screen.gif", Picture(codec="gif", form="rgb8"), near=90),
    _seen("one_frame.mp4", Picture(seconds=0.2), duration=0.2, at=0.1, counts=0),
    _seen("one_frame.mkv", Picture(seconds=0.2), duration=0.2, at=5, counts=0),
    _seen(
        "three_hours.mp4",
        Picture(size=(48, 32), rate=Fraction(1, 10), seconds=10_800, options={"g": "60"}),
        duration=10_800,
        at=9_005,
        counts=9_000,
        picture=(48, 32),
    ),
    Row(
        "scrolling.mp4",
        partial(_write, tracks=(Picture(draw=_scrolled, rate=Fraction(30)), Sound())),
        quarters="",
    ),
    Row(
        "black.mp4",
        partial(
            _write,
            tracks=(Picture(draw=lambda _, size: np.zeros((size[1], size[0], 3), np.uint8)),),
        ),
        quarters="? ? ? ?",
        counts=None,
        sound=None,
        sounds=0,
        first=None,
        last=None,
    ),
    refused("huge.mov", _huge, "16000 x 16000 pixels are more than can be read", hostile=True),
    refused("huger.mov", partial(_huge, stated=16_384), "that can be", hostile=True),
    refused(
        "huge_in_disguise.mov",
        partial(_huge, stated=160),
        "pixels are more than can be",
        hostile=True,
    ),
]
