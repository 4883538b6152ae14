"""Sections of a long talk show the slide that they are about: each slide has its number on it."""

import io
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.docgen import pictures
from services.docgen.domain.document import Segment, Wanted, wanted
from services.docgen.offline import OfflineWriter
from shared.spending import Spending

WIDTH, HEIGHT, BITS = 256, 144, 6
LENGTHS = [8.0, 25.0, 90.0, 240.0, 12.0] * 10 + [60.0, 40.0]  # seconds; the last starts after 1 h
STARTS = [0.0, *accumulate(LENGTHS)][:-1]
FADE = (0.0, 0.2, 0.4, 0.6)  # seconds into a slide at which it is still mixed with the one before
WORDS = ("harbor", "report", "invoice", "member", "backup", "folder", "shipment", "calendar")

Picture = NDArray[np.uint8]


def slide(number: int) -> Picture:
    """A white page with the number as black and grey fields, and stripes that tell sharpness."""
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    page[100:120:4, 20:236] = 90
    for bit in range(BITS):
        left = 10 + bit * 40
        page[20:80, left : left + 34] = 0 if number >> bit & 1 else 190
    return page


def number_on(picture: Picture) -> int | None:
    """The number that a picture shows clearly, or None."""
    fields = [float(picture[35:65, 20 + bit * 40 : 34 + bit * 40].mean()) for bit in range(BITS)]
    if any(35 < field < 170 or field > 215 for field in fields):
        return None  # mixed with another slide, or blank
    return sum((field < 35) << bit for bit, field in enumerate(fields))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slides that fade into each other; a frame a second, as screen recorders write stills."""
    target = tmp_path_factory.mktemp("slides") / "slides.mp4"
    with av.open(str(target), "w") as box:
        options = {"preset": "ultrafast", "g": "240", "crf": "28"}
        stream = box.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        before = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for number, (start, length) in enumerate(zip(STARTS, LENGTHS, strict=True), 1):
            after = slide(number)
            mixed = [(before * (1 - at - 0.2) + after * (at + 0.2)).astype(np.uint8) for at in FADE]
            seconds = [*FADE, *np.arange(0.8, length, 1.0)]
            for second, page in zip(seconds, [*mixed, *[after] * len(seconds)], strict=False):
                frame = av.VideoFrame.from_ndarray(page, format="rgb24")
                frame.pts, frame.time_base = round((start + second) * 1000), Fraction(1, 1000)
                box.mux(stream.encode(frame))
            before = after
        box.mux(stream.encode(None))
    return target


def talk() -> list[Segment]:
    """Two sentences or more about each slide, the slide's text on the first of them."""
    found: list[Segment] = []
    for number, (start, length) in enumerate(zip(STARTS, LENGTHS, strict=True), 1):
        first, second = WORDS[number % 8], WORDS[(number * 3 + number // 8) % 8]
        shown = f"About {first} {second} {number}\n" + " ".join(
            f"{first}{number}x{n}" for n in "abcd"
        )
        count = max(2, int(length // 12))
        for n in range(count):
            at = start + 0.3 + n * (length - 0.5) / count
            spoken = f"This is what the {first} does to {second} number {number} in part {n}."
            end = at + (length - 0.5) / count - 0.1
            found.append(Segment(len(found), at, end, spoken, shown if n == 0 else "", 0.9))
    return found


def slide_at(second: float) -> int:
    return sum(start <= second for start in STARTS)


def right(video: Path, asked: Sequence[Wanted], slides: Sequence[int]) -> float:
    """The share of the pictures that show the slide which they should."""
    # One by one: that a later section gets no second picture of the same slide is another matter.
    hits = 0
    for one, number in zip(asked, slides, strict=True):
        (picture,) = pictures.taken(video, [one])
        assert picture is not None
        image = np.asarray(Image.open(io.BytesIO(picture.webp)).convert("RGB"))
        hits += number_on(image) == number
    return hits / len(asked)


async def test_sections_show_the_slide_that_they_are_about(video: Path) -> None:
    assert STARTS[-1] > 3600
    segments = talk()
    writer = OfflineWriter()
    outline = await writer.outline(segments, spent=Spending())
    asked: list[Wanted] = []
    slides: list[int] = []
    for chapter in outline.chapters:
        own = [segments[n] for n in chapter.segments]
        draft = await writer.write(chapter, own, outline, spent=Spending())
        for section in draft.sections:
            if (one := wanted(section, segments)) is not None:
                asked.append(one)
                slides.append(slide_at(segments[section.segments[0]].start))
    assert sorted(set(slides)) == list(range(1, len(LENGTHS) + 1))
    assert right(video, asked, slides) >= 0.95


def test_moments_that_a_model_names_badly_show_the_right_slide_too(video: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    asked: list[Wanted] = []
    for start, length in zip(STARTS, LENGTHS, strict=True):
        end = start + length - 0.01
        # At the change, in the fade, at the very end, and anywhere.
        moments = (start, start + 0.3, end, chance.uniform(start, end))
        asked += [Wanted(moment, start, end) for moment in moments]
    slides = [slide_at(one.start) for one in asked]
    assert right(video, asked, slides) >= 0.95


def test_a_slide_is_shown_once_in_an_article(video: Path) -> None:
    found = pictures.taken(video, [Wanted(60.0), Wanted(70.0), Wanted(3700.0), Wanted(3830.0)])
    assert [one is not None for one in found] == [True, False, True, True]
