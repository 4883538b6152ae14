"""When each cue begins and ends, where what says so cannot be."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from shared.formats.vtt import Cue

_LONGEST = 600.0  # seconds; what is said to stay longer has no end that anybody meant
_SHORTEST = 0.002  # seconds; files tell milliseconds, and a cue is not to vanish between two
_RATE = 15.0  # characters read a second
_LEAST, _MOST = 1.0, 7.0  # seconds to read a cue
_ROOM = 0.2  # seconds that a cue has at least, also where the next one begins at once


def timed(cues: Iterable[Cue]) -> list[Cue]:
    """Return cues by their starts, from 0 on, each ending after its start; those over by then go.

    One without a sensible end stays for as long as it takes to read, at most until the next one.
    """
    ordered = sorted(cues, key=lambda cue: (cue.start, cue.end))
    found: list[Cue] = []
    for cue, after in pairwise([*ordered, None]):
        if cue is None:  # only the last of a pair is none
            raise AssertionError
        kept = cue
        if not _SHORTEST <= cue.end - cue.start <= _LONGEST:
            kept = replace(cue, end=cue.start + _reading(cue, after))
        if kept.end > 0:
            found.append(replace(kept, start=max(0.0, kept.start)))
    return found


def _reading(cue: Cue, after: Cue | None) -> float:
    """Return how many seconds a cue is given by its text."""
    wanted = min(max(len(cue.text) / _RATE, _LEAST), _MOST)
    return wanted if after is None else max(_ROOM, min(wanted, after.start - cue.start))
