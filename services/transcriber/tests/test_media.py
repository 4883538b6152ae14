from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.transcriber import media

Maker = Callable[..., Path]


@pytest.mark.parametrize("content", [b"", b"abc", b"not a video at all " * 400])
def test_what_is_not_a_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(media.NotAVideo, match=r"broken\.mp4"):
        media.probe(path)


def test_a_missing_file_is_not_called_a_bad_video(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        media.probe(tmp_path / "none.mp4")


def test_a_silent_film_has_no_audio(make: Maker) -> None:
    path = make("silent.mp4", ["One"])
    found = media.probe(path)
    assert (found.has_audio, found.has_video, found.subtitles) == (False, True, ())
    assert found.duration == pytest.approx(2, abs=0.05)
    assert media.audio_16k(path, 0, 2).shape == (0,)
    assert media.embedded_subtitles(path) == []


def test_subtitles_are_read_without_their_markup(make: Maker) -> None:
    cues = [(500, 1000, b"Hello there"), (2000, 900, rb"{\i1}Second{\i0} cue, a comma\Nand line")]
    path = make("titled.mkv", ["One", "Two"], cues=cues)
    assert len(media.probe(path).subtitles) == 1
    first, second = media.embedded_subtitles(path)
    assert (first.start, first.end, first.text) == (0.5, 1.5, "Hello there")
    assert second.text.replace("<i>", "").replace("</i>", "") == "Second cue, a comma\nand line"
    assert "{" not in second.text


def test_slide_changes_are_found_between_white_pages(make: Maker) -> None:
    path = make("slides.mp4", ["First page", "Other words", "Third"])
    assert media.slide_changes(path, 0, 6) == pytest.approx([2, 4], abs=0.01)
    assert media.slide_changes(path, 3, 6) == pytest.approx([4], abs=0.01)


def test_sound_stands_where_its_timestamp_says(make: Maker, tone: Any) -> None:
    path = make("gap.mkv", ["", "", ""], sound=[(0, tone), (4, tone)])
    sound = media.audio_16k(path, 0, 6).astype(np.int32)
    assert sound.shape == (6 * 16_000,)
    loud = [bool(np.abs(part).mean() > 1000) for part in np.split(sound, 6)]
    assert loud == [True, False, False, False, True, False]


def test_a_window_of_sound_is_the_same_as_that_part_of_the_whole(make: Maker, tone: Any) -> None:
    ramp = np.concatenate([tone // (4 - n) for n in range(4)])
    path = make("ramp.mkv", ["", ""], sound=[(0, ramp)])
    whole = media.audio_16k(path, 0, 4).astype(np.int32)
    part = media.audio_16k(path, 2, 3).astype(np.int32)
    assert part.shape == (16_000,)
    middle = slice(4000, 12_000)
    assert np.abs(part[middle] - whole[32_000:48_000][middle]).mean() < 600


def test_the_frame_shown_at_a_moment_is_returned(make: Maker) -> None:
    path = make("two.mp4", ["", "Text"])
    blank, written = media.frame_at(path, 1.0), media.frame_at(path, 3.1)
    assert blank is not None
    assert written is not None
    assert np.asarray(blank).min() > 200
    assert np.asarray(written).min() < 60


def test_text_and_still_pictures_are_no_videos(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Buy milk.\n" * 100)
    picture = tmp_path / "screen.png"
    Image.new("RGB", (160, 90), "white").save(picture)
    for path in (text, picture):
        with pytest.raises(media.NotAVideo, match="not a video"):
            media.probe(path)


def test_a_picture_counts_once_it_stands_still(make: Maker) -> None:
    path = make("still.mp4", ["Step 1", "Step 2", "Step 2", "Step 3"])
    assert media.still_changes(path, 0, 9) == pytest.approx([2, 6], abs=0.01)
    assert media.still_changes(path, 3, 9) == pytest.approx([6], abs=0.01)
    # It is shown for half a second, and nobody reads that.
    assert media.still_changes(path, 0, 6.5) == pytest.approx([2], abs=0.01)
