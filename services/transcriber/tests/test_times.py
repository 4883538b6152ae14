import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transcriber.domain.times import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:07", 7),
        ("12:30", 750),
        ("1:02:03", 3723),
        ("01:02:03.5", 3723.5),
        ("62:03", 3723),
        ("00:75", 75),
        ("0:07,25", 7.25),
        ("7", 7),
        ("7.5", 7.5),
        ("7.5s", 7.5),
        ("[00:07]", 7),
        (" 1m 30s ", 90),
        ("2h 5m", 7500),
        ("12 min", 720),
        ("3723", 3723),
    ],
)
def test_every_way_to_write_a_time_is_read(text: str, expected: float) -> None:
    assert seconds(text, 7200) == expected


@pytest.mark.parametrize("text", ["", "soon", "-1", "12:", ":30", "12:30:00:01", "1.2.3", "NaN"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds(text, 600) is None


def test_three_numbers_are_hours_unless_only_hundredths_fit() -> None:
    assert seconds("05:30:00", 600) == 330
    assert seconds("05:30:50", 600) == 330.5
    assert seconds("05:30:00", 20_000) == 19_800
    assert seconds("1:00:00", 7200) == 3600


@given(st.integers(0, 30_000))
def test_both_clocks_say_the_same(moment: int) -> None:
    minutes, rest = divmod(moment, 60)
    hours, minute = divmod(minutes, 60)
    assert seconds(f"{minutes:02}:{rest:02}", 30_000) == moment
    assert seconds(f"{hours}:{minute:02}:{rest:02}", 30_000) == moment
    assert seconds(str(moment), 30_000) == moment
