import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from services.docgen import pictures
from services.docgen.domain.document import Wanted
from shared.errors import UnsupportedError

FPS = 5


def screen(text: str) -> Image.Image:
    image = Image.new("RGB", (1600, 900), "white")
    pen = ImageDraw.Draw(image)
    for row in range(4):
        pen.text((60, 60 + row * 200), text, fill="black", font_size=150)
    return image


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """2 s each: black, one screen, blurred and then sharp second screen, the first one again."""
    one, other = screen("Harbor"), screen("Reports")
    shots = [Image.new("RGB", (1600, 900))] * 10 + [one] * 10
    shots += [other.filter(ImageFilter.GaussianBlur(1.5))] * 4 + [other] * 6 + [one] * 10
    target = tmp_path / "video.mp4"
    with av.open(str(target), "w") as box:
        stream = box.add_stream("libx264", rate=FPS, options={"g": "100"})
        stream.width, stream.height, stream.pix_fmt = 1600, 900, "yuv420p"
        for number, image in enumerate(shots):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return target


def taken(path: Path, *moments: float) -> list[pictures.Picture | None]:
    return pictures.taken(path, [Wanted(moment) for moment in moments])


def test_pictures_are_settled_sharp_and_none_twice(video: Path) -> None:
    black, first, second, again, after = taken(video, 0.1, 2.5, 4.1, 7.0, 99.0)
    assert black is None
    assert again is None
    assert after is None  # the last frame, which shows the first screen too
    assert first is not None
    assert 2500 <= first.milliseconds <= 4000
    assert second is not None
    assert 4700 <= second.milliseconds <= 5700  # the blurred ones are passed over
    assert second.name == f"{second.milliseconds}.webp"
    image = Image.open(io.BytesIO(second.webp))
    assert (image.format, image.size) == ("WEBP", (1280, 720))


def test_where_nothing_is_to_be_seen_another_moment_of_the_same_words_is_shown(video: Path) -> None:
    (found,) = pictures.taken(video, [Wanted(0.4, 0.0, 4.0)])
    assert found is not None
    assert 2000 <= found.milliseconds <= 4000


def test_a_picture_is_from_before_a_change_where_its_moment_is(video: Path) -> None:
    (before,) = pictures.taken(video, [Wanted(3.9, 2.0, 3.9)])
    (after,) = pictures.taken(video, [Wanted(4.0, 4.0, 6.0)])
    assert before is not None
    assert before.milliseconds <= 3900
    assert after is not None
    assert after.milliseconds >= 4700


def test_the_same_moment_gives_the_same_picture(video: Path) -> None:
    assert taken(video, 4.1) == taken(video, 4.1)


def test_sound_has_no_pictures(tmp_path: Path) -> None:
    target = tmp_path / "sound.wav"
    with av.open(str(target), "w") as box:
        stream = box.add_stream("pcm_s16le", rate=16_000, layout="mono")
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), dtype=np.int16), format="s16")
        heard.sample_rate = 16_000
        box.mux(stream.encode(heard))
    assert taken(target, 0.5) == [None]


def test_a_damaged_video_gives_what_can_be_decoded(video: Path, tmp_path: Path) -> None:
    whole = bytearray(video.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 2000] = bytes(2000)
    target = tmp_path / "damaged.mp4"
    target.write_bytes(whole)
    assert len(taken(target, 2.5, 4.1, 7.0)) == 3


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "notes.bin"
    target.write_bytes(b"\0\1\2")
    with pytest.raises(UnsupportedError, match="cannot be read as a video"):
        taken(target, 1.0)
