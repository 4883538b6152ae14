from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transcriber.domain.windows import halves, windows

MOST = 1e-6


@given(
    st.floats(0.01, 40_000),
    st.floats(20, 1000),
    st.floats(0, 10),
)
def test_windows_cover_all_and_share_the_overlap(
    duration: float, length: float, overlap: float
) -> None:
    found = windows(duration, length, overlap)
    assert found[0][0] == 0
    assert found[-1][1] == duration
    for start, end in found:
        assert 0 < end - start <= length + 2 * overlap + MOST
    for (_, end), (start, _) in pairwise(found):
        assert end - start == pytest.approx(overlap, abs=1e-6)


def test_without_an_overlap_windows_touch() -> None:
    assert windows(56, 20) == [(0, 20), (20, 40), (40, 56)]
    assert windows(20, 20) == [(0, 20)]


def test_what_would_hold_hardly_anything_is_no_window_of_its_own() -> None:
    assert windows(605, 600, 6) == [(0, 605)]
    assert windows(1205, 600, 6) == [(0, 600), (594, 1205)]


@given(st.floats(0, 5000), st.floats(1, 5000))
def test_halves_are_shorter_and_share_a_part(start: float, length: float) -> None:
    end = start + length
    (first, middle), (again, last) = halves(start, end)
    assert (first, last) == (start, end)
    assert start < again < middle < end
    assert max(middle - first, last - again) < 0.7 * length
