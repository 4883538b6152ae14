"""What is told of each recording of the table, read in child processes with limits."""

from pathlib import Path

import pytest
from filelock import FileLock
from pydantic import TypeAdapter

from shared.child_process import Limits, run_in_child
from tests.media import captions, containers, damaged, pictures, refusals, sounds, timing
from tests.media.drawing import name_colours
from tests.media.observing import Asked, Observed, observe
from tests.media.rows import Row, file_of

LIMITS = Limits(cpu=60, wall=60)
_EARLIEST = 10.0  # seconds before its start at which a clip may begin
_TOGETHER = 12  # files that are read by one child
_OBSERVED = TypeAdapter(list[Observed])
TABLES = (
    containers.TABLE,
    pictures.TABLE,
    sounds.TABLE,
    timing.TABLE,
    damaged.TABLE,
    captions.TABLE,
    refusals.TABLE,
)
ROWS = [row for table in TABLES for row in table]
READABLE = [row for row in ROWS if not row.hostile]
NAMED = [pytest.param(row, id=row.name) for row in ROWS]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this run of the tests, whichever of its processes asks."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


async def look(row: Row, folder: Path) -> Observed:
    """Look at a row's file, and at its neighbours in the same child: starting one takes longer."""
    if row.hostile:
        return (await run_in_child(observe, [_asked(row)], limits=LIMITS))[0]
    place, within = divmod(READABLE.index(row), _TOGETHER)
    kept = folder / f"observed{place}.json"
    with FileLock(folder / f"observed{place}.lock"):
        if not kept.exists():
            rows = READABLE[place * _TOGETHER : (place + 1) * _TOGETHER]
            found = await run_in_child(observe, [_asked(one) for one in rows], limits=LIMITS)
            kept.write_bytes(_OBSERVED.dump_json(found))
    return _OBSERVED.validate_json(kept.read_bytes())[within]


def _asked(row: Row) -> Asked:
    return Asked(file_of(row), row.at, row.language)


@pytest.mark.parametrize("row", NAMED)
async def test_a_recording_is_known_for_what_it_is(row: Row, shared_folder: Path) -> None:
    seen = await look(row, shared_folder)
    if row.refused:
        assert row.refused in seen.refusal
        return
    assert seen.refusal == ""
    assert seen.media is not None
    assert seen.sound is not None
    assert seen.media.duration == pytest.approx(row.duration, abs=0.5)
    assert seen.media.missing == pytest.approx(row.missing, abs=0.5)
    assert (seen.sound.index, seen.sound.count) == (row.sound, row.sounds)
    assert seen.subtitles == row.subtitles
    assert row.unreadable in "; ".join(seen.media.unreadable)
    assert bool(row.unreadable) == bool(seen.media.unreadable)
    shown = seen.media.picture
    assert (shown and (shown.width, shown.height)) == row.picture
    assert seen.size == row.picture
    assert seen.counts == row.counts
    if row.picture and row.quarters:
        assert name_colours(seen.colours, row.near) == row.quarters
    assert [text for _, text in seen.cues[: len(row.cues)]] == [text for _, text in row.cues]
    for (start, _), (expected, _) in zip(seen.cues, row.cues, strict=False):
        assert start == near(expected)
    assert bool(seen.cues) == bool(row.subtitles)
    assert seen.first == near(row.first)
    assert seen.last == near(row.last)


TAKEN = [pytest.param(row, id=row.name) for row in ROWS if not row.refused]


@pytest.mark.parametrize("row", TAKEN)
async def test_what_is_cut_for_gemini_is_what_was_asked_for(row: Row, shared_folder: Path) -> None:
    whole, middle = (await look(row, shared_folder)).clips
    assert whole.heard == (near(row.first), near(row.last))
    assert whole.counts == row.counts
    for clip in (whole, middle):
        assert clip.start - _EARLIEST <= clip.begins <= clip.start + 0.5
        assert clip.ends == near(clip.end)
        assert clip.heard == tuple(near(one) for one in clip.heard_whole)
        if row.picture and clip.start >= row.pictured:
            assert clip.counts == clip.counts_whole
            assert not row.quarters or name_colours(clip.colours, row.near) == row.quarters
            assert clip.size is not None
            width, height = clip.size
            assert width / height == pytest.approx(row.picture[0] / row.picture[1], rel=0.05)


def near(second: float | None) -> object:
    """Return what is equal to a second, half a second earlier or later."""
    return None if second is None else pytest.approx(second, abs=0.5)


def test_the_table_has_no_row_twice() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
