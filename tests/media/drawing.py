"""The card that the tests' recordings show, and how a test reads it again.

A strip along its upper edge counts the seconds, as `simulators.gemini.eyes` reads them. Below, each
quarter has a colour of its own, so that a picture that is turned or mirrored is found out.
"""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simulators.gemini.eyes import number_in, strip

SIZE = (240, 160)
UPRIGHT = "red green blue yellow"  # the quarters in reading order
_COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 160, 60),
    "blue": (36, 87, 197),
    "yellow": (240, 180, 20),
}
_CELLS = 24
_STRIP = 1 / 8  # of the height
_PLACES = ((0.12, 0.35), (0.88, 0.35), (0.12, 0.85), (0.88, 0.85))  # of a quarter, by its share

Pixels = NDArray[np.uint8]


def draw(second: int, size: tuple[int, int] = SIZE, text: str = "HARBOR") -> Pixels:
    """Return the card that counts a second: shape (height, width, 3), RGB."""
    picture = _card(size, text).copy()
    width, height = size
    cells = np.array(strip(second), np.uint8) * 255
    row = cells[np.minimum(np.arange(width) * _CELLS // width, _CELLS - 1)]
    picture[: max(1, round(height * _STRIP))] = row[None, :, None]
    return picture


@lru_cache(maxsize=16)
def _card(size: tuple[int, int], text: str) -> Pixels:
    width, height = size
    image = Image.new("RGB", size)
    for n, colour in enumerate(_COLOURS.values()):
        corner = (n % 2) * width // 2, (n // 2) * height // 2
        image.paste(colour, (*corner, corner[0] + width // 2 + 1, corner[1] + height // 2 + 1))
    if width >= SIZE[0] // 2:
        drawing = ImageDraw.Draw(image)
        font = ImageFont.load_default(height / 5)
        left, top, right, bottom = drawing.textbbox((width / 2, height / 2), text, font, "mm")
        drawing.rectangle((left - 4, top - 4, right + 4, bottom + 4), "white")
        drawing.text((width / 2, height / 2), text, "black", font, "mm")
    return np.asarray(image, np.uint8)


def draw_page(_: int, size: tuple[int, int]) -> Pixels:
    """Return a page of text, for who reads screens."""
    image = Image.new("RGB", size, "white")
    drawing, font = ImageDraw.Draw(image), ImageFont.load_default(56)
    for n, line in enumerate(("The harbor report", "Open the settings page", "Press the button")):
        drawing.text((60, 80 + 150 * n), line, "black", font)
    return np.asarray(image, np.uint8)


def draw_cover(kind: str) -> bytes:
    """Return a red picture of a kind, such as "JPEG" or "PNG"."""
    written = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(written, kind)
    return written.getvalue()


def read_colours(picture: Image.Image) -> tuple[tuple[int, int, int], ...]:
    """Return the colours of an RGB picture's quarters, in reading order."""
    array = np.asarray(picture, np.uint8)
    found = [array[int(y * picture.height), int(x * picture.width)] for x, y in _PLACES]
    return tuple((int(red), int(green), int(blue)) for red, green, blue in found)


def name_colours(colours: tuple[tuple[int, int, int], ...], near: int) -> str:
    """Return the names of colours, each within `near` of 255; "?" for one of no card."""
    return " ".join(_name(colour, near) for colour in colours)


def _name(colour: tuple[int, int, int], near: int) -> str:
    return next(
        (
            name
            for name, expected in _COLOURS.items()
            if max(abs(one - other) for one, other in zip(colour, expected, strict=True)) < near
        ),
        "?",
    )


def read_second(picture: Image.Image) -> int | None:
    """Return the second that the card counts, or none where it is no card, or lies."""
    return number_in(np.asarray(picture.convert("L"), np.uint8))
