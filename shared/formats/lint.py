"""Reports what breaks the rules of subtitles in a WebVTT file, whoever wrote it.

`python -m shared.formats.lint es.vtt` names each violation, and ends with status 1 where there is
one; a file's name up to its first full stop is taken for its language.

The rules are those of timed text style guides (Netflix's general requirements) as Subtitle Edit
checks them: two lines of 42 characters, 16 where they are wide; 5/6 to 7 seconds; two frames (at
24 a second) between two cues; 20 characters a second.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from shared.formats import phrases, vtt
from shared.formats.vtt import Cue

LINES = 2
NARROW_A_LINE, WIDE_A_LINE = 42, 16
NARROW_A_SECOND = 20.0
WIDE_A_SECOND = NARROW_A_SECOND * WIDE_A_LINE / NARROW_A_LINE
SHORTEST, LONGEST = 5 / 6, 7.0  # seconds
GAP = 1 / 12  # seconds
_ROUNDING = 0.0006  # seconds: files have milliseconds

_TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|v|lang)(?:\.[^\s<>&]*)*(?:\s[^<>\n]*)?>|<(?:\d{2,}:)?\d{2}:\d{2}\.\d{3}>"
)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|lrm|rlm|nbsp|quot|apos|#\d+|#x[0-9a-fA-F]+);")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: `cue` counts from 1 (0: the file), `second` is where the cue starts."""

    cue: int
    second: float
    rule: str
    detail: str

    def __str__(self) -> str:
        return f"cue {self.cue} at {self.second:.3f} s: {self.rule}: {self.detail}"


def violations(text: str, language: str = "") -> list[Violation]:
    """Return what is wrong with a WebVTT file; empty where nothing is.

    `language` is the text's BCP 47 tag; with it, lines that end within a phrase are reported too.
    The rules are `format`, `empty`, `escape`, `lines`, `length`, `speed`, `short`, `long`, `gap`,
    `overlap`, `order`, `direction` and `phrase`.
    """
    try:
        raw, plain = vtt.read_raw(text), vtt.read(text)
    except ValueError as error:
        return [Violation(0, 0.0, "format", str(error))]
    found: list[Violation] = []
    for number, (written, cue) in enumerate(zip(raw, plain, strict=True), 1):
        broken = [*_written(written.text), *_shown(cue, language)]
        found += [Violation(number, cue.start, rule, detail) for rule, detail in broken]
    for number, (before, after) in enumerate(pairwise(plain), 2):
        found += [Violation(number, after.start, *broken) for broken in _between(before, after)]
    return sorted(found, key=lambda one: one.cue)


def _written(body: str) -> Iterator[tuple[str, str]]:
    rest = _REFERENCE.sub("", _TAG.sub("", body))
    if signs := sorted(set(re.findall("[&<>]", rest))):
        yield "escape", f"{' '.join(signs)} must be written as a reference, such as &amp;"
    if vtt.runs_right_to_left(body) and vtt.directed(body) != body:
        yield "direction", "a line that runs from right to left lacks U+202B before or U+202C after"


def _shown(cue: Cue, language: str) -> Iterator[tuple[str, str]]:
    lines = cue.text.split("\n")
    if not cue.text.strip():
        yield "empty", "there is no text"
        return
    if len(lines) > LINES:
        yield "lines", f"{len(lines)} lines, of which {LINES} may be shown"
    for line in lines:
        narrow, wide = _counted(line)
        if narrow / NARROW_A_LINE + wide / WIDE_A_LINE > 1:
            yield "length", f"{narrow + wide} characters: {line}"
    length = cue.end - cue.start
    narrow, wide = _counted(cue.text.replace("\n", " "))
    least = narrow / NARROW_A_SECOND + wide / WIDE_A_SECOND
    if least > length + _ROUNDING:
        yield "speed", f"{narrow + wide} characters need {least:.2f} s, and have {length:.2f} s"
    if length < SHORTEST - _ROUNDING:
        yield "short", f"{length:.3f} s are less than 5/6 s"
    if length > LONGEST + _ROUNDING:
        yield "long", f"{length:.3f} s are more than 7 s"
    for line, following in pairwise(lines):
        if phrases.is_torn(line, following, language) and _avoidable(line, following, language):
            yield "phrase", f"the line breaks within a phrase: {line} | {following}"


def _between(before: Cue, after: Cue) -> Iterator[tuple[str, str]]:
    gap = after.start - before.end
    if after.start < before.start:
        yield "order", "it starts before the cue above it"
    elif gap < 0:
        yield "overlap", f"it starts {-gap:.3f} s before the cue above it ends"
    elif gap < GAP - _ROUNDING:
        yield "gap", f"{gap:.3f} s after the cue above it are less than 1/12 s"


def _avoidable(line: str, following: str, language: str) -> bool:
    """Say whether words of a line could stand on the next, so that no phrase is torn."""
    spaced = not phrases.is_wide(line[-1])
    pieces = line.split() if spaced else list(line)
    for at in range(len(pieces) - 1, 0, -1):
        parts = [*pieces[at:], following]
        moved = " ".join(parts) if spaced else "".join(parts)
        if not _fits(moved):
            break
        if not phrases.is_torn(" ".join(pieces[:at]), moved, language):
            return True
    return False


def _fits(line: str) -> bool:
    narrow, wide = _counted(line)
    return narrow / NARROW_A_LINE + wide / WIDE_A_LINE <= 1


def _counted(text: str) -> tuple[int, int]:
    """Return how many characters are seen, narrow and wide; accents and marks are none."""
    seen = [one for one in text if unicodedata.category(one) not in {"Mn", "Cf"}]
    wide = sum(phrases.is_wide(one) for one in seen)
    return len(seen) - wide, wide


def main(paths: list[str]) -> int:
    """Report on files; return 1 where one breaks a rule."""
    status = 0
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8", errors="replace")
        for one in violations(text, path.name.split(".", maxsplit=1)[0]):
            sys.stdout.write(f"{path}: {one}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
