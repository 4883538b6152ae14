import pytest

from shared.formats.subtitle_files import timed
from shared.formats.vtt import Cue


def test_good_times_stay() -> None:
    cues = [Cue(0, 2, "a"), Cue(1, 3, "b"), Cue(5, 6, "c")]
    assert timed(reversed(cues)) == cues


@pytest.mark.parametrize("end", [1.0, 0.5, -3.0, 1e12, float("nan"), float("inf")])
def test_a_cue_without_a_sensible_end_is_given_time_to_read(end: float) -> None:
    assert timed([Cue(1, end, "x" * 45)]) == [Cue(1, 4, "x" * 45)]
    assert timed([Cue(1, end, "x" * 45), Cue(2.5, 4, "b")])[0].end == 2.5
    assert timed([Cue(1, end, "x"), Cue(1, 4, "b")])[0].end > 1


def test_nothing_is_before_the_video() -> None:
    assert timed([Cue(-5, -1, "gone"), Cue(-1, 2, "kept")]) == [Cue(0, 2, "kept")]
