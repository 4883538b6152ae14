"""WebVTT and SubRip text to and from timed cues."""

import html
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s+\S.*)?\s*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"<[^>]*>")
_ARROW = re.compile(r"-{2,}>")
_NOT_CUES = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
# A player that lays out from left to right would put a line's full stop at its wrong end.
_RTL, _POP = "\u202b", "\u202c"
DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c"


@dataclass(frozen=True)
class Cue:
    """Text shown from `start` to `end`, both in seconds; lines are separated by a newline.

    `speaker` is who says it, and empty where nobody is named; files written here do not tell it.
    """

    start: float
    end: float
    text: str
    speaker: str = ""


def write(cues: Iterable[Cue]) -> str:
    """Return the cues as a WebVTT file, in the order given.

    Each line of a text that runs from right to left is embedded as such (U+202B and U+202C), for
    players that do not look. Times are rounded to milliseconds; blank lines within a text are
    removed; cues without text are left out. Raises ValueError for a cue whose times are not
    finite, are negative, or do not leave at least a millisecond between start and end.
    """
    blocks = ["WEBVTT\n"]
    for cue in cues:
        begin, end = _milliseconds(cue)
        # Escaping ">" is also what keeps "-->" out of the text.
        text = html.escape(directed(_tidy(cue.text)), quote=False)
        if text:
            blocks.append(f"{_stamp(begin, '.')} --> {_stamp(end, '.')}\n{text}\n")
    return "\n".join(blocks)


def write_srt(cues: Iterable[Cue]) -> str:
    """Return the cues as a SubRip file, numbered from 1, under the same rules as `write`.

    SubRip has no escapes, so "-->" in a text becomes "->".
    """
    blocks: list[str] = []
    for cue in cues:
        begin, end = _milliseconds(cue)
        text = _ARROW.sub("->", directed(_tidy(cue.text)))
        if text:
            times = f"{_stamp(begin, ',')} --> {_stamp(end, ',')}"
            blocks.append(f"{len(blocks) + 1}\n{times}\n{text}\n")
    return "\n".join(blocks)


def write_chapters(chapters: Iterable[Cue]) -> str:
    """Return a WebVTT file for a track of kind "chapters": each title on one line.

    Players want chapters in order that do not overlap: one ends where the next starts at the
    latest. Raises ValueError for times that `write` refuses.
    """
    ordered = sorted(chapters, key=lambda one: (one.start, one.end))
    cut = [
        replace(one, end=min(one.end, after.start), text=" ".join(one.text.split()))
        for one, after in pairwise([*ordered, Cue(math.inf, math.inf, "")])
    ]
    return write(one for one in cut if one.end > one.start)


def runs_right_to_left(text: str) -> bool:
    """Say whether a text is Arabic, Hebrew or the like, with some foreign words in it at most."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    return 2 * (kinds.count("R") + kinds.count("AL")) > kinds.count("L")


def directed(text: str) -> str:
    """Return a text with its direction on every line, where it runs from right to left."""
    if not runs_right_to_left(text):
        return text
    return "\n".join(f"{_RTL}{line.strip(DIRECTIONS)}{_POP}" for line in text.split("\n"))


def read(text: str) -> list[Cue]:
    """Return the cues of a WebVTT file, in file order, as plain text without tags or settings.

    Marks of direction at a line's ends are left out. Raises ValueError, naming the line and what
    to do, when the header is missing, a timing line cannot be read, or a cue does not end after
    its start.
    """
    return [replace(cue, text=_plain(cue.text)) for cue in read_raw(text)]


def read_raw(text: str) -> list[Cue]:
    """Return the cues of a WebVTT file with their texts as they stand in it; else as `read`."""
    lines = _NEWLINE.split(text.removeprefix("\ufeff"))
    if not re.match(r"WEBVTT(\s|$)", lines[0]):
        msg = "line 1: the file does not start with WEBVTT; make that its first line"
        raise ValueError(msg)
    cues: list[Cue] = []
    at = 0
    # The header runs to the first blank line, unless a timing line shows it was left out.
    while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
        at += 1
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        stop = at
        while stop < len(lines) and lines[stop].strip():
            stop += 1
        cue = _block(lines[at:stop], at + 1)
        if cue:
            cues.append(cue)
        at = stop
    return cues


def _block(lines: list[str], number: int) -> Cue | None:
    """Return the cue in a block that starts at line `number`; None for a note or a style."""
    skip = 0 if "-->" in lines[0] else 1
    if skip and _NOT_CUES.match(lines[0]):
        return None
    number += skip
    match = _TIMING.fullmatch(lines[skip]) if skip < len(lines) else None
    if match is None:
        found = lines[skip] if skip < len(lines) else lines[0]
        msg = (
            f"line {number}: expected a timing line, found {found[:60]!r}; "
            "write it as HH:MM:SS.mmm --> HH:MM:SS.mmm"
        )
        raise ValueError(msg)
    parts = match.groups()
    start, end = _seconds(*parts[:4]), _seconds(*parts[4:])
    if end <= start:
        msg = f"line {number}: the cue does not end after its start; correct one of its two times"
        raise ValueError(msg)
    body = "\n".join(lines[skip + 1 :])
    return Cue(start, end, body)


def _plain(body: str) -> str:
    lines = html.unescape(_TAG.sub("", body)).split("\n")
    return "\n".join(line.strip(DIRECTIONS) for line in lines)


def _seconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> float:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 1000 + int(thousandths)) / 1000


def _milliseconds(cue: Cue) -> tuple[int, int]:
    if not (math.isfinite(cue.start) and math.isfinite(cue.end)) or cue.start < 0:
        msg = f"a cue has times {cue.start} to {cue.end}; give finite seconds from 0"
        raise ValueError(msg)
    begin, end = round(cue.start * 1000), round(cue.end * 1000)
    if end <= begin:
        msg = f"a cue runs from {cue.start} to {cue.end} s; make it end after its start"
        raise ValueError(msg)
    return begin, end


def _stamp(milliseconds: int, point: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def _tidy(text: str) -> str:
    # splitlines, not "\n": many readers also end a line at U+2028, form feeds and their like.
    lines = (line.strip() for line in text.replace("\0", "\ufffd").splitlines())
    return "\n".join(line for line in lines if line)
