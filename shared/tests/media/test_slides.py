from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageDraw

from shared.media.inspection import inspect
from shared.media.slides import EVERY, Shown, find_slides
from shared.tests.media.conftest import SIZE, held, slide

Film = Callable[..., Path]
# As an encoder in hardware does: a keyframe each so many frames, wherever the cuts are.
UNAWARE = {"g": "100", "sc_threshold": "0"}
SPARSE = {"g": "100000", "keyint_min": "100000", "sc_threshold": "0"}


def look(path: Path, start: float = 0.0, end: float = 1e6, *, fine: bool = False) -> Shown:
    media = inspect(path)
    return find_slides(path, media, start, min(end, media.duration), fine=fine)


def cuts(path: Path, start: float = 0.0, end: float = 1e6, *, fine: bool = False) -> list[float]:
    return [one.start for one in look(path, start, end, fine=fine).slides][1:]


def pages(*seconds: float, rate: float = 25) -> list[tuple[float, Image.Image]]:
    names = ["First page", "Other words", "Third one", "At the end"]
    shots = zip(seconds, names * len(seconds), strict=False)
    return held(rate, *[(length, slide(name)) for length, name in shots])


@pytest.mark.parametrize("options", [{}, UNAWARE, SPARSE, {"g": "1"}, {"bf": "0", "g": "30"}])
def test_each_cut_has_its_time(film: Film, options: dict[str, str]) -> None:
    path = film("cuts.mp4", pages(3.2, 2.48, 6.6, 4), options)
    assert cuts(path) == pytest.approx([3.2, 5.68, 12.28], abs=0.001)
    assert cuts(path, 4, 12) == pytest.approx([5.68], abs=0.001)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mov"])
def test_containers_give_the_same_cuts(film: Film, name: str) -> None:
    path = film(name, pages(3.2, 2.48, 6.6, 4), UNAWARE)
    assert cuts(path) == pytest.approx([3.2, 5.68, 12.28], abs=0.1)
    assert cuts(path, 4, 12) == pytest.approx([5.68], abs=0.1)


def test_a_film_with_one_keyframe_is_searched_to_its_end(film: Film) -> None:
    path = film("sparse.mp4", pages(20, 15, 12), SPARSE)
    assert cuts(path) == pytest.approx([20, 35], abs=0.13)  # frames that no other needs are skipped


def test_a_slide_that_comes_and_goes_between_two_keyframes_is_found(film: Film) -> None:
    first, other = slide("First page"), slide("Other words", "grey")
    path = film("flash.mp4", held(25, (5, first), (1.52, other), (6, first)), UNAWARE)
    assert cuts(path) == pytest.approx([5, 6.52], abs=0.001)


def test_a_slide_is_read_when_it_has_settled(film: Film) -> None:
    fade = [Image.blend(slide("First page"), slide("Other"), n / 20) for n in range(20)]
    moving = [(0.04, one) for one in fade]
    path = film("fade.mp4", held(25, (4, fade[0]), *moving, (4, slide("Other"))), UNAWARE)
    first, second = look(path).slides
    assert first.end == second.start == pytest.approx(4.3, abs=0.3)
    assert second.second is not None
    assert second.second > 4.8


def scroll(seconds: float, rate: int, pixels_per_second: int) -> list[Image.Image]:
    height = SIZE[1] + round(seconds * pixels_per_second)
    page = Image.new("RGB", (SIZE[0], height), "white")
    for top in range(0, height, 90):
        page.paste(slide(f"Line {top}").crop((0, 30, SIZE[0], 100)), (0, top))
    steps = [round(n * pixels_per_second / rate) for n in range(round(seconds * rate))]
    return [page.crop((0, top, SIZE[0], top + SIZE[1])) for top in steps]


@pytest.mark.parametrize("options", [UNAWARE, {"g": "50", "sc_threshold": "0"}])
def test_scrolling_is_read_every_few_seconds(film: Film, options: dict[str, str]) -> None:
    pictures = scroll(30, 30, 140)
    still = slide("Still")
    shots = [(3.0, still), *[(1 / 30, one) for one in pictures], (4.0, pictures[-1])]
    found = look(film("scroll.mp4", held(30, *shots), options)).slides
    read = [one for one in found if one.second is not None]
    assert len(read) <= 8
    moving = [one for one in read if one.start >= 3 and one.end <= 34]
    assert len(moving) >= 5
    assert all(one.end - one.start >= EVERY - 0.01 for one in moving)
    assert found[0].end == pytest.approx(3, abs=0.1)
    # What is shown in the end is read when it stands.
    assert read[-1].start == pytest.approx(33, abs=2.1)
    assert read[-1].second is not None
    assert read[-1].second > 33


def test_one_word_that_differs_is_a_slide_for_a_fine_eye(film: Film) -> None:
    shots = [(2, slide(f"Step {n}")) for n in (1, 2, 2, 3)]
    path = film("still.mp4", held(5, *shots))
    assert cuts(path) == []
    assert cuts(path, fine=True) == pytest.approx([2, 6], abs=0.01)
    assert cuts(path, 3, fine=True) == pytest.approx([6], abs=0.01)
    # It is shown for half a second, and nobody reads that.
    assert cuts(path, 0, 6.5, fine=True) == pytest.approx([2], abs=0.01)
    assert not any(one.large for one in look(path, fine=True).slides[1:])


def test_small_changes_are_not_read_without_end(film: Film) -> None:
    def typed(count: int) -> Image.Image:
        image = slide("Form")
        ImageDraw.Draw(image).text((300, 60), "x" * count, fill="black", font_size=24)
        return image

    shots = [(1.0, typed(n % 20)) for n in range(60)]
    found = look(film("typing.mp4", held(5, *shots)), fine=True).slides
    assert 8 < len(found) < 20
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_few_frames_a_minute_are_slides(film: Film) -> None:
    names = [(0.0, "A", "white"), (17.0, "Other words", "white"), (31.5, "C", "grey")]
    shown = [(second, slide(name, paper)) for second, name, paper in [*names, (58.0, "C", "grey")]]
    path = film("vfr.mp4", shown)
    assert cuts(path) == pytest.approx([17, 31.5], abs=0.01)
    assert cuts(path, 20, 40) == pytest.approx([31.5], abs=0.01)
    assert look(path, 40, 50).slides[0].start == 40


def test_a_picture_that_begins_late_is_shown_from_then_on(film: Film, tone: Any) -> None:
    frames = [(second + 6, one) for second, one in pages(3, 4)]
    path = film("late.mkv", frames, sound=[(0.0, tone)])
    found = look(path).slides
    assert [one.start for one in found] == pytest.approx([6, 9], abs=0.05)


def test_the_last_picture_stays_where_the_sound_goes_on(film: Film, tone: Any) -> None:
    path = film("early.mkv", pages(3, 2), sound=[(0.0, tone), (12.0, tone)])
    found = look(path).slides
    assert found[-1].end == pytest.approx(13, abs=0.2)
    later = look(path, 8, 12).slides
    assert [(one.start, one.end) for one in later] == [(8, 12)]


@pytest.mark.parametrize("count", [1, 2])
def test_a_film_of_a_moment_is_one_slide(film: Film, count: int) -> None:
    (found,) = look(film("moment.mp4", held(40, (count / 40, slide("A"))))).slides
    assert found.second is not None
    assert found.start <= found.second <= found.end


def test_timestamps_that_begin_anew_do_not_lose_what_follows(film: Film, tmp_path: Path) -> None:
    one = film("a.ts", pages(4, 4), UNAWARE)
    other = film("b.ts", held(25, (4, slide("Third", "grey")), (4, slide("Fourth"))), UNAWARE)
    path = tmp_path / "joined.ts"
    path.write_bytes(one.read_bytes() + other.read_bytes())
    assert inspect(path).restarts
    assert cuts(path) == pytest.approx([4, 8, 12], abs=0.2)
    assert cuts(path, 9, 15) == pytest.approx([12], abs=0.2)


def test_a_stretch_that_cannot_be_decoded_is_named(film: Film, tmp_path: Path) -> None:
    path = film("whole.mkv", pages(4, 4, 4), {"g": "100", "sc_threshold": "0", "bf": "0"})
    target = tmp_path / "damaged.mkv"
    with av.open(str(path)) as reading, av.open(str(target), "w") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for packet in reading.demux(video=0):
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            copied = packet
            if 4 <= float(packet.pts * packet.time_base) < 8:
                copied = av.Packet(b"\0" * packet.size)
                copied.pts, copied.dts, copied.time_base = packet.pts, packet.dts, packet.time_base
                copied.is_keyframe = packet.is_keyframe
            copied.stream = stream
            writing.mux(copied)
    ((low, high),) = look(target).unreadable
    assert (low, high) == pytest.approx((4, 8), abs=0.1)
