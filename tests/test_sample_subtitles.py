"""The sample's subtitles, heard and translated offline, keep every rule."""

from pathlib import Path

import pytest

from services.transcriber import offline as hearing
from services.transcriber.domain.segments import Segment, cues
from services.transcriber.ports import Recording
from services.translator.domain import pieces
from services.translator.domain.pieces import Done
from services.translator.domain.style import Into
from services.translator.offline import Apertium
from shared.formats import vtt
from shared.formats.lint import violations
from shared.media.inspection import inspect
from shared.spending import Spending

pytestmark = pytest.mark.integration

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "sample.mp4"


@pytest.fixture(scope="module")
def segments() -> list[Segment]:
    media = inspect(SAMPLE)
    recording = Recording(media, media.sounds[0].index, "en")
    return hearing.transcribe_window(SAMPLE, recording, 0, 600).segments


@pytest.fixture(scope="module")
def heard(segments: list[Segment]) -> str:
    return vtt.write(cues(segments))


def test_cues_begin_with_a_word(segments: list[Segment], heard: str) -> None:
    begins = [start for one in segments for start, _, _ in one.words]
    # One that has to wait for the cue before it may be late.
    late = [min(abs(cue.start - start) for start in begins) for cue in vtt.read(heard)]
    assert sum(one < 0.002 for one in late) > 0.8 * len(late)


def test_what_is_heard_keeps_the_rules(heard: str) -> None:
    assert len(vtt.read(heard)) > 10
    assert [str(one) for one in violations(heard, "en")] == []


async def test_its_translation_keeps_the_rules(heard: str) -> None:
    engine = Apertium()
    if "es" not in await engine.languages():
        pytest.skip("Debian's apertium-eng-spa is not installed")
    items = pieces.subtitle_items(heard)
    found = await engine.translate(items, Into("en", "es"), spent=Spending())
    await engine.close()
    texts = {item: found[item.id] for item in items}
    made, _, left = pieces.translated_subtitles(heard, Done(texts, "apertium:1"))
    assert left == []
    assert [str(one) for one in violations(made, "es")] == []
