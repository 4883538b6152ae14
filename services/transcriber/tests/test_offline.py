import asyncio
import re
import threading
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from services.transcriber import screen, speech
from services.transcriber.domain.segments import Segment
from services.transcriber.offline import Offline, transcribe_window
from services.transcriber.ports import Recording, Transcript
from services.transcriber.tests.conftest import picture
from shared.media.inspection import inspect
from shared.media.slides import find_slides
from shared.spending import Spending

SAMPLES = Path(__file__).parents[3] / "samples"
Maker = Callable[..., Path]


def errors(wanted: Sequence[str], found: Sequence[str]) -> int:
    row = list(range(len(found) + 1))
    for up, want in enumerate(wanted, 1):
        previous, row[0] = row[0], up
        for at, have in enumerate(found, 1):
            cost = min(row[at] + 1, row[at - 1] + 1, previous + (want != have))
            previous, row[at] = row[at], cost
    return row[-1]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def words_of(found: Sequence[Segment]) -> str:
    return " ".join(each.spoken for each in found).lower()


def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(screen, "SYSTEM", tmp_path / "nowhere")


def hear(path: Path, start: float, end: float, language: str = "en") -> Transcript:
    media = inspect(path)
    sound = media.sounds[0].index if media.sounds else None
    return transcribe_window(path, Recording(media, sound, language), start, end)


def heard(path: Path, start: float, end: float) -> list[Segment]:
    return hear(path, start, end).segments


def cuts(path: Path) -> list[float]:
    media = inspect(path)
    return [one.start for one in find_slides(path, media, 0, media.duration).slides][1:]


needs_data = pytest.mark.skipif(screen.tessdata() is None, reason="no data for Tesseract")


def test_edit_distance_counts_each_kind_of_error() -> None:
    assert errors(list("abcd"), list("axcd")) == 1
    assert errors(list("abcd"), list("acde")) == 2
    assert errors(list("ab"), []) == 2


def test_the_sample_is_understood() -> None:
    path = SAMPLES / "sample.mp4"
    found = hear(path, 0, 60)
    wanted = words((SAMPLES / "sample.txt").read_text(encoding="utf-8"))
    rate = errors(wanted, words(words_of(found.segments))) / len(wanted)
    assert rate < 0.15, f"word error rate {rate:.1%}"
    assert len(found.segments) > 8
    assert len(cuts(path)) == 3
    for segment in found.segments:
        assert segment.confidence is not None
        assert speech.UNRELIABLE < segment.confidence < 1
        assert segment.start < segment.end
    if screen.tessdata() is not None:
        assert any("Edit the settings file" in each.visual for each in found.segments)
        assert found.issues == ()


def test_a_later_window_keeps_the_videos_own_times() -> None:
    path = SAMPLES / "sample.mp4"
    second, third = cuts(path)[1:]
    found = heard(path, second, third)
    assert found[0].start == pytest.approx(second, abs=0.8)
    assert found[-1].end <= third + 0.1
    assert "settings file" in words_of(found)


def test_subtitles_are_preferred(
    make: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_data(monkeypatch, tmp_path)
    path = make("t.mkv", ["A", "B"], cues=[(500, 1000, b"Hello"), (2500, 1000, b"Bye")])
    assert [each.spoken for each in heard(path, 0, 4)] == ["Hello", "Bye"]
    assert [each.spoken for each in heard(path, 2, 4)] == ["Bye"]
    assert all(each.confidence is None for each in heard(path, 0, 4))


def test_without_data_the_issue_says_what_to_install(
    make: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_data(monkeypatch, tmp_path)
    found = hear(make("mute.mp4", ["Words"]), 0, 2)
    assert found.segments == []
    assert any("tesseract-ocr-eng" in one for one in found.issues)


@needs_data
def test_silence_over_a_blank_page_says_so(make: Maker) -> None:
    quiet = np.zeros(16_000 * 2, dtype=np.int16)
    found = hear(make("blank.mp4", sound=[(0, quiet)]), 0, 2)
    assert found.segments == []
    (issue,) = found.issues
    assert "the sound is silent" in issue
    assert "the picture has no text" in issue


@needs_data
def test_a_silent_track_under_slides_is_an_issue(make: Maker) -> None:
    quiet = np.zeros(16_000 * 2, dtype=np.int16)
    found = hear(make("muted.mp4", ["Words"], sound=[(0, quiet)]), 0, 2)
    assert "Words" in found.segments[0].visual
    assert found.issues == ("Nothing can be heard: the sound is silent.",)


@needs_data
def test_a_black_picture_of_a_moment_says_so(tmp_path: Path) -> None:
    path = tmp_path / "black.mp4"
    with av.open(str(path), "w") as box:
        stream = box.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        black = av.VideoFrame.from_ndarray(np.zeros((180, 320, 3), np.uint8), format="rgb24")
        box.mux(stream.encode(black))
        box.mux(stream.encode(None))
    (issue,) = hear(path, 0, 10).issues
    assert "the picture is black" in issue
    assert "there is no sound" in issue
    assert "it is only 0.05 s long" in issue


def test_sound_that_is_missing_in_the_middle_is_an_issue(make: Maker, tone: Any) -> None:
    path = make("gap.mkv", ["", "", "", ""], sound=[(0, tone), (6, tone)])
    assert "The sound has nothing from 0:01 to 0:06." in hear(path, 0, 8).issues


def test_another_language_is_not_heard_as_english() -> None:
    found = hear(SAMPLES / "sample.mp4", 0, 15, "de-CH")
    assert words_of(found.segments).strip() == ""
    assert any('"de-CH"' in one and "English" in one for one in found.issues)


@needs_data
def test_a_silent_film_gives_what_is_on_screen(make: Maker) -> None:
    found = heard(make("shown.mp4", ["First page", "Other words"]), 0, 4)
    assert [(one.spoken, one.confidence) for one in found] == [("", None), ("", None)]
    assert [one.visual.split("\n")[0] for one in found] == ["First page", "Other words"]
    assert found[0].end == found[1].start == pytest.approx(2, abs=0.01)


@needs_data
def test_of_a_silent_film_each_slide_is_read_at_its_own_second(make: Maker) -> None:
    steps = ["Step 23 of it", "Step 28 of it", "Step 29 of it", "Step 29 of it"]
    path = make("steps.mp4", steps)
    assert cuts(path) == []
    found = heard(path, 0, 9)
    assert [each.visual.split("\n")[0] for each in found] == steps[:3]
    assert [each.start for each in found] == pytest.approx([0, 2, 4], abs=0.01)
    assert found[-1].end == pytest.approx(8, abs=0.25)


@needs_data
def test_a_slide_nobody_speaks_over_keeps_its_text(make: Maker) -> None:
    path = make("half.mkv", ["First page", "Other words"], cues=[(500, 1000, b"Hello")])
    said, shown = heard(path, 0, 4)
    assert said.spoken == "Hello"
    assert said.visual.startswith("First page")
    assert shown.spoken == ""
    assert shown.visual.startswith("Other words")


def test_a_window_past_the_end_is_empty(make: Maker) -> None:
    assert heard(make("short.mp4"), 50, 60) == []


async def test_a_window_that_is_cancelled_leaves_no_process_and_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    loud = np.random.default_rng(1).normal(0, 6000, 16_000 * 120).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(loud.tobytes())
    media = inspect(path)
    here = psutil.Process()
    # Others' tests in this process may have left servers running, and threads.
    children, threads = set(here.children()), set(threading.enumerate())
    task = asyncio.create_task(
        Offline().transcribe(path, Recording(media, 0, "en"), 0, 120, spent=Spending())
    )
    while not set(here.children()) - children:  # noqa: ASYNC110 - another process's start is no event of ours
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not set(here.children()) - children
    for thread in set(threading.enumerate()) - threads:
        thread.join(2)  # such as the one that awaited the child's end
        assert not thread.is_alive()


async def test_the_child_tells_all_that_was_found(make: Maker) -> None:
    path = make("t.mkv", ["A"], cues=[(500, 1000, b"Hello")])
    recording = Recording(inspect(path), None, "en")
    found = await Offline().transcribe(path, recording, 0, 2, spent=Spending())
    assert found == transcribe_window(path, recording, 0, 2)
    assert found.segments[0].spoken == "Hello"


class Counting:
    """A reader that counts."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, image: Image.Image) -> str:
        self.count += 1
        return f"{image.width} {self.count}"


def test_a_picture_that_comes_again_is_not_read_again() -> None:
    counting = Counting()
    once = screen.OnceReader(counting)
    one, other = picture("One"), picture("Two")
    dark = Image.new("RGB", (640, 360), (5, 5, 5))
    read = [once.read(image) for image in (one, other, one, dark, other)]
    assert read == ["640 1", "640 2", "640 1", "", "640 2"]
    assert (counting.count, once.pictures, once.dark) == (2, 5, 1)


def test_the_environment_says_where_the_data_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "eng.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert screen.tessdata() == tmp_path
