from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from shared.media.frames import picture_at, pictures_at
from shared.media.inspection import inspect
from shared.media.sound import read_sound, read_sound_and_gaps
from shared.tests.media.conftest import SIZE, held, slide

Film = Callable[..., Path]
SHADES = ["white", "lightgrey", "grey", "dimgrey"]


def shades(path: Path, *seconds: float) -> list[int]:
    """Return the grey level of the paper at some seconds."""
    pictures = pictures_at(path, inspect(path), seconds)
    return [round(float(np.median(np.asarray(one)))) for one in pictures]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("options", [{}, {"g": "60", "sc_threshold": "0"}, {"g": "9999"}])
def test_pictures_are_those_of_their_seconds(
    film: Film, name: str, options: dict[str, str]
) -> None:
    path = film(name, held(25, *[(4, slide("A", shade)) for shade in SHADES]), options)
    assert shades(path, 1, 3, 3, 5, 13, 99) == pytest.approx([255, 255, 255, 211, 105, 105], abs=3)
    assert shades(path, 9.5) == pytest.approx([128], abs=3)


def test_each_picture_alone_is_the_same(film: Film) -> None:
    path = film("a.ts", held(25, *[(4, slide("A", shade)) for shade in SHADES]), {"g": "75"})
    media = inspect(path)
    for second in (0.5, 4.1, 7.9, 14.0):
        alone = picture_at(path, media, second)
        (one,) = pictures_at(path, media, [second])
        assert alone is not None
        assert np.array_equal(np.asarray(alone), np.asarray(one))


def test_the_last_picture_has_its_shape_too(tmp_path: Path) -> None:
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(path), "w") as box:
        stream = box.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.asarray(slide("A")), format="rgb24")
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    media = inspect(path)
    for second in (0.2, 5.0):  # also where it is converted at the file's end
        one = picture_at(path, media, second)
        assert one is not None
        assert one.size == (SIZE[0] * 3 // 2, SIZE[1])


def test_of_a_late_picture_the_first_is_shown_before(film: Film) -> None:
    frames = [(second + 6, one) for second, one in held(25, (2, slide("A", "grey")))]
    loud = np.full(16_000, 900, np.int16)
    assert shades(film("late.mkv", frames, sound=[(0.0, loud)]), 1) == pytest.approx([128], abs=3)


def test_a_gap_in_the_sound_is_named(film: Film, tone: Any) -> None:
    frames = held(5, (9, slide("A")))
    path = film("gap.mkv", frames, sound=[(1.0, tone), (5.0, tone)])
    media = inspect(path)
    track = media.sounds[0].index
    sound, ((low, high),) = read_sound_and_gaps(path, media, track, 0, 9)
    assert (low, high) == pytest.approx((2, 5), abs=0.15)
    assert np.array_equal(sound, read_sound(path, media, track, 0, 9))
    assert read_sound_and_gaps(path, media, track, 5.2, 9)[1] == []
