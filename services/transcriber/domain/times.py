"""Times as models write them: MM:SS, H:MM:SS, seconds, with and without units."""

import re

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_UNITS = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+(?:[.,]\d+)?)\s*s?)?")
_FRACTION = re.compile(r"(\d+):(\d{1,2}):(\d{2,3})")


def seconds(text: str, longest: float) -> float | None:
    """Return a time in seconds, or none where it is no time.

    `longest` is the length of what the time is in, in seconds. It decides only what `12:30:00`
    is: hours, minutes and seconds, unless only minutes, seconds and hundredths fit.
    """
    text = text.strip().strip("[]()").lower()
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hours, minutes, rest = (_number(part) for part in clock.groups())
        whole = hours * 3600 + minutes * 60 + rest
        shorter = _with_fraction(text)
        if whole > longest and shorter is not None and shorter <= longest:
            return shorter
        return whole
    units = _UNITS.fullmatch(text)
    if units is None or not any(units.groups()):
        return None
    hours, minutes, rest = (_number(part) for part in units.groups())
    return hours * 3600 + minutes * 60 + rest


def _with_fraction(text: str) -> float | None:
    found = _FRACTION.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * 60 + int(found[2]) + float(f"0.{found[3]}")


def _number(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0
