from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.transcriber.domain.placing import Told, apart, missing, placed
from services.transcriber.domain.segments import Segment


def told(start: str, end: str, spoken: str = "x", visual: str = "") -> Told:
    return Told(start, end, spoken, visual)


def spans(found: list[Segment]) -> list[tuple[float, float]]:
    return [(one.start, one.end) for one in found]


def test_a_clips_own_clock_becomes_the_videos() -> None:
    found = placed([told("00:06", "00:10"), told("00:10", "00:20")], 590, 594, 610)
    assert spans(found.segments) == [(596, 600), (600, 610)]
    assert found.beyond == 0


def test_times_in_any_order_and_writing_come_out_in_order() -> None:
    given_ = [told("1:05", "70", "third"), told("5s", "0:12", "first"), told("0:00:12", "1:00")]
    found = placed(given_, 0, 0, 80)
    assert [one.spoken for one in found.segments] == ["first", "x", "third"]


def test_what_begins_after_the_end_is_left_out_and_what_reaches_over_it_is_clamped() -> None:
    found = placed([told("00:05", "00:15"), told("00:20", "00:30")], 100, 100, 110)
    assert spans(found.segments) == [(105, 110)]
    assert found.beyond == 10


def test_what_ends_before_the_stretch_belongs_to_the_window_before() -> None:
    found = placed([told("00:00", "00:04"), told("00:03", "00:08")], 90, 95, 110)
    assert spans(found.segments) == [(95, 98)]


def test_speech_without_a_usable_time_is_not_lost() -> None:
    found = placed(
        [told("00:02", "00:04", "a"), told("soon", "later", "b"), told("00:09", "00:08", "c")],
        0,
        0,
        30,
    )
    assert [one.spoken for one in found.segments] == ["a", "b", "c"]
    assert found.segments[1].start == 4
    assert found.segments[2].start == 9


def test_silence_that_shows_nothing_is_no_segment() -> None:
    assert placed([told("00:01", "00:05", " ", "")], 0, 0, 10).segments == []


TIMES = st.one_of(
    st.integers(0, 900).map(lambda n: f"{n // 60:02}:{n % 60:02}"),
    st.integers(0, 900).map(str),
    st.sampled_from(["", "soon", "99:99:99", "0:00:00", "13:03"]),
)


@given(st.lists(st.builds(told, TIMES, TIMES, st.text("abc ", max_size=9)), max_size=30))
def test_whatever_is_told_is_in_order_within_the_stretch_and_apart(given_: list[Told]) -> None:
    found = placed(given_, 95, 100, 700).segments
    for one in found:
        assert 100 <= one.start < one.end <= 700 + 1e-6
    for one, following in pairwise(found):
        assert one.end <= following.start + 1e-6


def test_segments_of_the_same_moment_share_it_by_their_length() -> None:
    both = [Segment(10, 14, "a" * 2, "", None), Segment(10, 12, "b" * 8, "", None)]
    assert spans(apart(both)) == [(10, 11), (11, 14)]


def test_stretches_of_which_nothing_is_told_are_found() -> None:
    heard = [Segment(0, 10, "a", "", None), Segment(50, 60, "b", "", None)]
    assert missing(heard, 0, 100, 30) == [(10, 50), (60, 100)]
    assert missing(heard, 0, 80, 45) == []
    assert missing([], 0, 20, 30) == []
    assert missing([], 0, 40, 30) == [(0, 40)]
