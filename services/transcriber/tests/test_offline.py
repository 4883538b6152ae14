import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.transcriber import media, screen, speech
from services.transcriber.domain.segments import Segment
from services.transcriber.offline import transcribe_window

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


def test_edit_distance_counts_each_kind_of_error() -> None:
    assert errors(list("abcd"), list("axcd")) == 1
    assert errors(list("abcd"), list("acde")) == 2
    assert errors(list("ab"), []) == 2


def test_the_sample_is_understood() -> None:
    path = SAMPLES / "sample.mp4"
    told: list[float] = []
    found = transcribe_window(path, 0, media.probe(path).duration, reach=told.append)
    # Each slide and each stretch of speech is a step forward.
    assert told == sorted(told)
    assert len(set(told)) > len(media.slide_changes(path, 0, 60)) + 4
    assert told[-1] == pytest.approx(1, abs=0.1)
    wanted = words((SAMPLES / "sample.txt").read_text(encoding="utf-8"))
    rate = errors(wanted, words(words_of(found))) / len(wanted)
    assert rate < 0.15, f"word error rate {rate:.1%}"
    assert len(found) > 8
    changes = media.slide_changes(path, 0, 60)
    assert len(changes) == 3
    for segment in found:
        assert segment.confidence is not None
        assert speech.UNRELIABLE < segment.confidence < 1
        assert segment.start < segment.end
    if screen.tessdata() is not None:
        assert any("Edit the settings file" in each.visual for each in found)


def test_a_later_window_keeps_the_videos_own_times() -> None:
    path = SAMPLES / "sample.mp4"
    second, third = media.slide_changes(path, 0, 60)[1:]
    found = transcribe_window(path, second, third)
    assert found[0].start == pytest.approx(second, abs=0.8)
    assert found[-1].end <= third + 0.1
    assert "settings file" in words_of(found)


def test_subtitles_are_preferred(
    make: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_data(monkeypatch, tmp_path)
    path = make("t.mkv", ["A", "B"], cues=[(500, 1000, b"Hello"), (2500, 1000, b"Bye")])
    assert [each.spoken for each in transcribe_window(path, 0, 4)] == ["Hello", "Bye"]
    assert [each.spoken for each in transcribe_window(path, 2, 4)] == ["Bye"]
    assert all(each.confidence is None for each in transcribe_window(path, 0, 4))


def test_without_sound_or_text_the_result_is_empty(
    make: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_data(monkeypatch, tmp_path)
    assert transcribe_window(make("mute.mp4", ["Words"]), 0, 2) == []


def test_silence_over_a_blank_page_is_empty(make: Maker) -> None:
    quiet = np.zeros(16_000 * 2, dtype=np.int16)
    assert transcribe_window(make("blank.mp4", sound=[(0, quiet)]), 0, 2) == []


def test_a_silent_film_gives_what_is_on_screen(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Image.Image) -> str:
        return "Title"

    monkeypatch.setattr(screen, "read_screen", read)
    found = transcribe_window(make("shown.mp4", ["First page", "Other words"]), 0, 4)
    assert [(each.spoken, each.visual, each.confidence) for each in found] == [
        ("", "Title", None),
        ("", "Title", None),
    ]
    assert found[0].end == found[1].start == pytest.approx(2, abs=0.01)


def test_of_a_silent_film_each_slide_is_read_at_its_own_second(make: Maker) -> None:
    if screen.tessdata() is None:
        pytest.skip("no English data for Tesseract")
    steps = ["Step 23 of it", "Step 28 of it", "Step 29 of it", "Step 29 of it"]
    path = make("steps.mp4", steps)
    assert media.slide_changes(path, 0, 9) == []
    found = transcribe_window(path, 0, 9)
    assert [each.visual.split("\n")[0] for each in found] == steps[:3]
    assert [each.start for each in found] == pytest.approx([0, 2, 4], abs=0.01)
    assert found[-1].end == pytest.approx(8, abs=0.25)


def test_a_slide_nobody_speaks_over_keeps_its_text(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Image.Image) -> str:
        return "Title"

    monkeypatch.setattr(screen, "read_screen", read)
    path = make("half.mkv", ["First page", "Other words"], cues=[(500, 1000, b"Hello")])
    found = transcribe_window(path, 0, 4)
    assert [(each.spoken, each.visual) for each in found] == [("Hello", "Title"), ("", "Title")]


def test_a_window_past_the_end_is_empty(make: Maker) -> None:
    assert transcribe_window(make("short.mp4"), 50, 60) == []


@pytest.mark.parametrize("content", [b"", b"abc", b"garbage " * 1000])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(media.NotAVideo):
        transcribe_window(path, 0, 10)


def test_without_data_nothing_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_data(monkeypatch, tmp_path)
    assert screen.tessdata() is None
    assert screen.read_screen(Image.new("RGB", (64, 64), "white")) is None


def test_the_environment_says_where_the_data_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "eng.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert screen.tessdata() == tmp_path
