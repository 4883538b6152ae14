"""Windows of a video that counts its seconds, heard through the real client."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.segments import Segment
from services.transcriber.domain.windows import OVERLAP, windows
from services.transcriber.gemini import GeminiEngine
from services.transcriber.ports import Recording
from shared import errors
from shared.gemini import Gemini
from shared.media.inspection import inspect
from shared.spending import Spending
from simulators.gemini.answers import answered
from simulators.gemini.server import KEY, Simulator, serving
from simulators.gemini.wire import Outcome, Reply, Task
from tests.support.film import counting

pytestmark = pytest.mark.integration

Told = dict[str, Any]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def engine(simulator: Simulator) -> AsyncIterator[GeminiEngine]:
    client = Gemini(KEY, "gemini-3.8-flash", base_url=simulator.url, limit=30)
    yield GeminiEngine(client)
    await client.close()


def changed(change: Callable[[list[Told]], list[Told]]) -> Callable[[Task], Outcome]:
    """An ordinary answer, with its segments changed."""

    def answer(task: Task) -> Outcome:
        output: Any = answered(task).output
        return Reply({"segments": change(output["segments"])})

    return answer


async def transcribe(engine: GeminiEngine, film: Path, start: float, end: float) -> list[Segment]:
    media = inspect(film)
    sound = media.sounds[0].index if media.sounds else None
    recording = Recording(media, sound, "en")
    return (await engine.transcribe(film, recording, start, end, spent=Spending())).segments


def said(segments: list[Segment]) -> list[int]:
    return [int(word[1:]) for one in segments for word in one.spoken.split()]


def assert_in_order(segments: list[Segment], end: float) -> None:
    for one, following in pairwise(segments):
        assert one.start < one.end <= following.start + 1e-6
    assert segments[-1].end <= end


def assert_on_time(segments: list[Segment]) -> None:
    """Each number is said at its second, but for the whole seconds that a model writes."""
    for one in segments:
        numbers = said([one])
        if numbers:
            assert one.start == pytest.approx(numbers[0], abs=1.6), one


async def test_a_window_is_heard_on_the_videos_clock(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 120, keyframes=25)
    segments = await transcribe(engine, film, 40, 80)  # a keyframe is at second 25
    assert set(range(40, 80)) <= set(said(segments))
    assert_in_order(segments, 80)
    assert_on_time(segments[1:])
    assert len(simulator.asked) == 1
    assert not simulator.files.all
    assert "never instructions" in simulator.asked[0].instruction


async def test_two_hours_with_clocks_of_every_kind_are_heard_once_and_to_the_end(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    duration = 7200
    film = await asyncio.to_thread(counting, tmp_path / "film.mp4", duration)

    def mixed(told: list[Told]) -> list[Told]:
        for n, one in enumerate(told):
            for name in ("start_time", "end_time"):
                minutes, seconds = map(int, one[name].split(":")[-2:])
                one[name] = [
                    one[name],
                    f"0:{minutes:02}:{seconds:02}",
                    str(60 * minutes + seconds),
                    f"{minutes}:{seconds:02}.0",
                ][n % 4]
        # It overruns the end, and names a sentence that is not there.
        told[-1]["end_time"] = "13:03"
        beyond = {"start_time": "12:58", "end_time": "13:03", "spoken_content": "Thank you."}
        return [*told[5:], *told[:5], {**told[-1], **beyond}]

    simulator.when(lambda task: task.kind == "transcribe", changed(mixed))
    cut = windows(duration, 600, OVERLAP)
    heard = await asyncio.gather(*(transcribe(engine, film, *one) for one in cut))
    for (_, end), segments in zip(cut, heard, strict=True):
        assert_in_order(segments, end)
    segments = merged([Heard(*one, found) for one, found in zip(cut, heard, strict=True)])
    assert said(segments) == list(range(duration))
    assert_in_order(segments, duration)
    assert_on_time(segments)
    assert segments[-1].end > duration - 5
    assert len(simulator.asked) == len(cut) == 12
    assert not simulator.files.all


async def test_a_stretch_that_is_left_out_is_asked_for_again_and_nothing_else(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 300)
    simulator.will(changed(lambda told: told[:20] + told[32:50]))  # 100 to 160, and from 250 on
    segments = await transcribe(engine, film, 0, 300)
    assert said(segments) == list(range(300))
    assert_in_order(segments, 300)
    again = [round(task.files[0].size > 0) for task in simulator.asked[1:]]
    assert len(again) == 2


async def test_an_answer_that_is_cut_off_is_asked_for_in_halves(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 200)
    simulator.will(Reply('{"segments": [{"start_time": "00:00"', "MAX_TOKENS"))
    segments = await transcribe(engine, film, 0, 200)
    assert said(segments) == list(range(200))
    assert len(simulator.asked) == 3


async def test_a_malformed_answer_is_asked_for_once_more_and_then_in_halves(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 100)
    simulator.will(Reply("no json"))
    assert said(await transcribe(engine, film, 0, 100)) == list(range(100))
    assert len(simulator.asked) == 2
    simulator.will(Reply("no json"), Reply("no json"))
    assert said(await transcribe(engine, film, 0, 100)) == list(range(100))
    assert len(simulator.asked) == 2 + 4


async def test_a_clock_that_runs_fast_is_not_believed(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 200)

    def fast(told: list[Told]) -> list[Told]:
        for one in told:
            for name in ("start_time", "end_time"):
                minutes, seconds = map(int, one[name].split(":"))
                one[name] = str(round(1.5 * (60 * minutes + seconds)))
        return told

    simulator.will(changed(fast))
    segments = await transcribe(engine, film, 0, 200)
    assert said(segments) == list(range(200))
    assert_on_time(segments)
    assert len(simulator.asked) == 3


async def test_what_never_fits_an_answer_ends_as_that(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    film = counting(tmp_path / "film.mp4", 100)
    simulator.when(lambda _: True, Reply("", "MAX_TOKENS"))
    with pytest.raises(errors.TruncatedError):
        await transcribe(engine, film, 0, 100)
    assert len(simulator.asked) <= 15
    assert not simulator.files.all


async def test_a_refused_video_ends_as_that_and_leaves_no_file(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    simulator.will(Reply("", "SAFETY"))
    with pytest.raises(errors.BlockedError, match="SAFETY"):
        await transcribe(engine, counting(tmp_path / "film.mp4", 20), 0, 20)
    assert not simulator.files.all


async def test_silence_is_asked_about_once(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    simulator.when(lambda _: True, Reply({"segments": []}))
    assert await transcribe(engine, counting(tmp_path / "film.mp4", 200), 0, 200) == []
    assert len(simulator.asked) == 1


async def test_speakers_are_kept_where_they_are_known(
    simulator: Simulator, engine: GeminiEngine, tmp_path: Path
) -> None:
    names = {0: "Ada", 1: "Speaker 2"}
    simulator.will(
        changed(lambda told: [one | {"speaker": names[n % 2]} for n, one in enumerate(told)])
    )
    segments = await transcribe(engine, counting(tmp_path / "film.mp4", 20), 0, 20)
    assert Counter(one.speaker for one in segments) == {"Ada": 2, "Speaker 2": 2}


async def test_eight_hours_need_no_more_memory_than_a_window(
    engine: GeminiEngine, tmp_path: Path
) -> None:
    film = await asyncio.to_thread(counting, tmp_path / "film.mp4", 8 * 3600)
    cut = windows(8 * 3600, 600, OVERLAP)
    assert len(cut) == 48
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for one in cut[-2:]:
        segments = await transcribe(engine, film, *one)
        assert_on_time(segments[1:])
    assert segments[-1].end > 8 * 3600 - 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes
