"""Rolling captions, said once: each cue there shows the last one's line again, above a new one.

So does YouTube with what it hears, and so do captions of live television. In a track that rolls,
what a cue repeats of the one before is left out; in any other a line said twice is said twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.formats.vtt import Cue

_TOUCHING = 0.25  # seconds between two cues of which the second may carry on the first
_LEAST = 2  # times that a track has to roll before it is taken for one that does
_SHARE = 0.5  # of the cues that touch the one before


@dataclass(frozen=True, slots=True)
class _Step:
    """What a cue has of the one before: lines carried over, and whether the next one grows."""

    carried: int
    grows: bool


def said_once(cues: Sequence[Cue]) -> list[Cue]:
    """Return the cues with each line said once, where the track rolls; else as they are.

    A line is said in the cue that first shows it, and is over where that one is.
    """
    lines = [_lines(cue) for cue in cues]
    steps = [
        _step(lines[n - 1], lines[n]) if n and _touch(cues[n - 1], cue) else _Step(0, grows=False)
        for n, cue in enumerate(cues)
    ]
    if not _rolls(cues, lines, steps):
        return list(cues)
    found: list[Cue] = []
    for cue, shown, step in zip(cues, lines, steps, strict=True):
        fresh = shown[step.carried :]
        if step.grows and found:
            # The same line with more words: it is said until now.
            head = found[-1].text.split("\n")[:-1]
            found[-1] = replace(found[-1], end=cue.end, text="\n".join([*head, fresh[0]]))
            fresh = fresh[1:]
        if fresh:
            found.append(replace(cue, text="\n".join(fresh)))
    return found


def _rolls(cues: Sequence[Cue], lines: Sequence[list[str]], steps: Sequence[_Step]) -> bool:
    """Tell whether most cues that follow one at once carry on its lines, and some add to them."""
    touching = [n for n in range(1, len(cues)) if _touch(cues[n - 1], cues[n])]
    carrying = [n for n in touching if steps[n].carried or steps[n].grows]
    # Repeated lines alone prove nothing: a refrain has them too.
    adding = [n for n in carrying if steps[n].grows or set(lines[n]) - set(lines[n - 1])]
    return len(adding) >= _LEAST and len(carrying) >= _SHARE * len(touching)


def _touch(before: Cue, cue: Cue) -> bool:
    return abs(cue.start - before.end) <= _TOUCHING or before.start <= cue.start <= before.end


def _step(before: list[str], now: list[str]) -> _Step:
    """Compare the lines of two cues that touch."""
    for count in range(min(len(before), len(now)), 0, -1):
        if before[-count:] == now[:count]:
            return _Step(count, grows=False)
        head, last = now[: count - 1], now[count - 1]
        if before[-count:-1] == head and last.startswith(f"{before[-1]} "):
            return _Step(count - 1, grows=True)
    return _Step(0, grows=False)


def _lines(cue: Cue) -> list[str]:
    lines = (" ".join(line.split()) for line in cue.text.split("\n"))
    return [line for line in lines if line]
