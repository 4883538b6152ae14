"""Recordings of the table as each engine transcribes them, from its first word to its last."""

from collections.abc import AsyncIterator

import pytest

from services.transcriber.gemini import GeminiEngine
from services.transcriber.look import look
from services.transcriber.offline import Offline
from services.transcriber.ports import Recording, Transcript, Wishes
from shared.gemini import Gemini
from shared.spending import Spending
from simulators.gemini.server import KEY, Simulator, serving
from tests.media.making import WORDS
from tests.media.rows import Row, file_of
from tests.media.test_table import ROWS, near

pytestmark = pytest.mark.integration

BY_NAME = {row.name: row for row in ROWS}
_LEAST = 5  # of the sentence's ten words: without a model, some are misheard
# Those in which something is between the speech and the engine: one of each kind.
HEARD = [
    "obs_like.mkv",
    "late_picture.mp4",
    "late_sound.mkv",
    "restarts_once.ts",
    "out_of_phase.mov",
    "right96k.mov",
    "unnamed4.wav",
    "mixed_rate.mp3",
    "silent_first.mkv",
    "apac_first.mov",
]
# A picture that counts its seconds, which the simulated model reads.
COUNTED = [
    "obs_like.mkv",
    "hevc.ts",
    "av1.mkv",
    "vp9.webm",
    "screen.wmv",
    "h264.flv",
    "begins_at_100.mkv",
    "restarts_once.ts",
    "ten_hour_cue.mkv",
    "anamorphic.mp4",
    "half.mp4",
]
SOUND_ONLY = ["cover.mp3", "unnamed16.wav", "mixed_rate.aac", "voice.wv"]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def gemini(simulator: Simulator) -> AsyncIterator[GeminiEngine]:
    client = Gemini(KEY, "gemini-3.8-flash", base_url=simulator.url, limit=30)
    yield GeminiEngine(client)
    await client.close()


async def recording_of(row: Row) -> Recording:
    return (await look(file_of(row), Wishes("en"))).recording


async def transcribe(engine: GeminiEngine | Offline, row: Row) -> Transcript:
    recording = await recording_of(row)
    end = recording.media.duration
    return await engine.transcribe(file_of(row), recording, 0, end, spent=Spending())


@pytest.mark.parametrize("name", HEARD)
async def test_the_offline_engine_hears_the_first_word_and_the_last(name: str) -> None:
    row = BY_NAME[name]
    found = await transcribe(Offline(), row)
    words = [word for segment in found.segments for word in segment.words]
    assert words[0][0] == near(row.first)
    assert words[-1][1] == near(row.last)
    said = " ".join(segment.spoken for segment in found.segments).lower()
    assert sum(word in said for word in WORDS.split()) >= _LEAST
    assert found.issues == ()


@pytest.mark.parametrize("name", COUNTED)
async def test_gemini_is_shown_each_second_once(
    simulator: Simulator, gemini: GeminiEngine, name: str
) -> None:
    row = BY_NAME[name]
    found = await transcribe(gemini, row)
    said = [int(word[1:]) for one in found.segments for word in one.spoken.split()]
    assert said == list(range(round(row.duration)))
    assert found.segments[0].start == near(0)
    assert found.segments[-1].end == near(row.duration)
    assert found.issues == ()
    assert len(simulator.asked) == 1


@pytest.mark.parametrize("name", SOUND_ONLY)
async def test_gemini_is_given_all_of_a_sound(
    simulator: Simulator, gemini: GeminiEngine, name: str
) -> None:
    row = BY_NAME[name]
    found = await transcribe(gemini, row)
    assert found.segments[0].start == near(0)
    assert found.segments[-1].end == near(row.duration)
    assert simulator.asked[0].files[0].mime_type == "audio/flac"


async def test_the_offline_engine_reads_a_turned_screen_upright() -> None:
    found = await transcribe(Offline(), BY_NAME["rotated_90.large.mp4"])
    assert "Open the settings page" in " ".join(one.visual for one in found.segments)


async def test_the_offline_engine_says_why_nothing_was_found() -> None:
    for name, why in (
        ("quiet_noise.wav", "no words were recognised"),
        ("tiny.wav", "0.05 s long"),
        ("black.mp4", "there is no sound"),
    ):
        found = await transcribe(Offline(), BY_NAME[name])
        assert found.segments == [], name
        assert why in " ".join(found.issues), name
