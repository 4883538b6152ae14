from datetime import UTC, datetime

import pytest

from shared.gemini.day import seconds_left


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 24, 20, tzinfo=UTC), 12),  # noon in California
        (datetime(2026, 7, 1, 6, 59, tzinfo=UTC), 1 / 60),  # a minute before midnight, in summer
        (datetime(2026, 7, 1, 7, 0, tzinfo=UTC), 24),
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), 23),  # the day of 23 hours
    ],
)
def test_a_day_ends_at_midnight_in_california(now: datetime, hours: float) -> None:
    assert seconds_left(now) == pytest.approx(hours * 3600 + 60)
