"""Shows frames as a player does: turned and mirrored by their matrix, with square pixels."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from numpy.typing import NDArray
from PIL import Image

# By the signs of a display matrix (a b / c d): what turns the stored picture into the shown one.
_TURNS: dict[tuple[int, int, int, int], tuple[Image.Transpose, ...]] = {
    (1, 0, 0, 1): (),
    (-1, 0, 0, -1): (Image.Transpose.ROTATE_180,),
    (0, 1, -1, 0): (Image.Transpose.ROTATE_270,),
    (0, -1, 1, 0): (Image.Transpose.ROTATE_90,),
    (-1, 0, 0, 1): (Image.Transpose.FLIP_LEFT_RIGHT,),
    (1, 0, 0, -1): (Image.Transpose.FLIP_TOP_BOTTOM,),
    (0, 1, 1, 0): (Image.Transpose.TRANSPOSE,),
    (0, -1, -1, 0): (Image.Transpose.TRANSVERSE,),
}
_WIDEST_PIXEL = 8  # times its height
_SIDEWAYS = {
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
}


def turns_of(frame: av.VideoFrame) -> tuple[Image.Transpose, ...]:
    """Return what turns a frame as it is stored into what is shown; nothing for odd angles."""
    side_data: Any = frame.side_data
    matrices = [one for one in side_data if one.type is SideDataType.DISPLAYMATRIX]
    if not matrices:
        return ()
    matrix = np.frombuffer(bytes(matrices[0]), np.int32)
    a, b, _, c, d = (int(one) for one in matrix[:5])
    largest = max(abs(one) for one in (a, b, c, d)) or 1
    signs = tuple(0 if abs(one) < largest / 2 else (1 if one > 0 else -1) for one in (a, b, c, d))
    return _TURNS.get(signs, ())  # type: ignore[arg-type] # four numbers


def shown_size(frame: av.VideoFrame, ratio: Fraction) -> tuple[int, int]:
    """Return the width and height in pixels at which a player shows a frame; see `to_picture`."""
    width, height = frame.width, frame.height
    if ratio > 1:
        width = max(1, round(width * ratio))
    elif ratio < 1:
        height = max(1, round(height / ratio))
    return (height, width) if _swaps_sides(turns_of(frame)) else (width, height)


def _swaps_sides(turns: tuple[Image.Transpose, ...]) -> bool:
    return any(turn in _SIDEWAYS for turn in turns)


def aspect_of(stream: Any) -> Fraction:
    """Return how wide to high a stream's pixels are; 1 where nothing sensible is stated.

    Only while its container is open: a closed one's streams are gone.
    """
    ratio = stream.sample_aspect_ratio or Fraction(1)
    return ratio if 1 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL else Fraction(1)


def to_picture(frame: av.VideoFrame, ratio: Fraction) -> Image.Image:
    """Return a frame as RGB picture, as a player shows it; its pixels are `ratio` wide to high."""
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    if ratio > 1:
        image = image.resize((max(1, round(image.width * ratio)), image.height))
    elif ratio < 1:
        image = image.resize((image.width, max(1, round(image.height / ratio))))
    for turn in turns_of(frame):
        image = image.transpose(turn)
    return image


def scaled_picture(frame: av.VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a frame as a player shows it, of `size` (width, height) in pixels.

    Shape (height, width, 3), RGB. Pixels become square by the size alone.
    """
    turns = turns_of(frame)
    width, height = reversed(size) if _swaps_sides(turns) else size
    small = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    image = Image.fromarray(small)
    for turn in turns:
        image = image.transpose(turn)
    return np.ascontiguousarray(np.asarray(image, np.uint8))


def to_grey(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.int16]:
    """Return a frame as grey levels 0 to 255 of shape (height, width), as it is stored.

    For comparing frames of one video, which need not be upright for that.
    """
    small = frame.reformat(width=width, height=height, format="gray")
    return small.to_ndarray().astype(np.int16)
