"""When a day's quota begins anew: at midnight in California, where the service counts its days."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("America/Los_Angeles")
_MARGIN = 60.0  # seconds: clocks differ


def seconds_left(now: datetime) -> float:
    """Return the seconds from `now` (aware) until the next day's quota can be used."""
    local = now.astimezone(_ZONE)
    tomorrow = (local + timedelta(days=1)).date()
    begins = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_ZONE)
    return (begins - now).total_seconds() + _MARGIN
