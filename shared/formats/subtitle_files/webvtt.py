"""WebVTT as the standard's own parser reads it: https://www.w3.org/TR/webvtt1/#parsing.

Nothing is refused but a file without the signature: a block that is no cue is passed over. What
people edit here is read strictly, by `shared.formats.vtt`.
"""

import html
import re

from shared.formats.vtt import Cue

_SPACE = r"[\t\n\f\r ]*"
_TIME = r"(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})(?![0-9])"
_TIMING = re.compile(rf"{_SPACE}{_TIME}{_SPACE}-->{_SPACE}{_TIME}")
_SIGNATURE = re.compile(r"WEBVTT(?=[ \t\n]|\Z)")
# A tag that nothing closes reaches to the cue's end.
_TAG = re.compile(r"<([^>]*)(?:>|\Z)")
_VOICE = re.compile(r"v(?:\.[^\t\n\f\r .]*)*[\t\n\f\r ](.*)", re.DOTALL)
_MOST_DIGITS = 9  # of hours; no recording is longer


def is_webvtt(text: str) -> bool:
    """Tell whether a text begins with WebVTT's signature."""
    return _SIGNATURE.match(text.removeprefix("\ufeff")) is not None


def read_webvtt(text: str) -> list[Cue]:
    """Return the cues of a WebVTT file in its order, as plain text.

    Times are as they stand: a cue may end before its start. Raises ValueError where the signature
    is missing.
    """
    text = text.removeprefix("\ufeff").replace("\0", "\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not is_webvtt(text):
        message = "the file does not start with WEBVTT; make that its first line"
        raise ValueError(message)
    lines = text.split("\n")
    cues: list[Cue] = []
    at = 1
    if at < len(lines) and lines[at]:
        at, _ = _block(lines, at, header=True)
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        at, cue = _block(lines, at)
        if cue is not None:
            cues.append(cue)
    return cues


def _block(lines: list[str], at: int, *, header: bool = False) -> tuple[int, Cue | None]:
    """Return the line after the block that begins at `at`, and its cue, if it is one."""
    first, arrow = at, False
    times: tuple[float, float] | None = None
    body: list[str] = []
    while at < len(lines):
        line = lines[at]
        if "-->" in line:
            count = at - first + 1
            if header or arrow or count > 2:  # noqa: PLR2004 - an identifier, then the times
                break  # the next block's first line
            arrow, body = True, []
            times = _times(line)
        elif not line:
            at += 1
            break
        else:
            body.append(line)
        at += 1
    if times is None:
        return at, None
    text, speaker = cue_text("\n".join(body))
    return at, Cue(*times, text, speaker)


def _times(line: str) -> tuple[float, float] | None:
    found = _TIMING.match(line)
    if found is None:
        return None
    start, end = _seconds(*found.groups()[:4]), _seconds(*found.groups()[4:])
    return None if start is None or end is None else (start, end)


def _seconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> float | None:
    if int(minutes) > 59 or int(seconds) > 59 or len(hours or "") > _MOST_DIGITS:  # noqa: PLR2004
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 1000 + int(thousandths)) / 1000


def cue_text(raw: str) -> tuple[str, str]:
    """Return a cue's text without tags and with its character references read, and who says it.

    The speaker is the cue's one voice (`<v Name>`), and empty where it has none or several.
    """
    texts: list[str] = []
    voices: set[str] = set()
    at = 0
    for tag in _TAG.finditer(raw):
        texts.append(html.unescape(raw[at : tag.start()]))
        at = tag.end()
        if (voice := _VOICE.fullmatch(tag[1])) is not None:
            voices.add(" ".join(html.unescape(voice[1]).split()))
    texts.append(html.unescape(raw[at:]))
    return "".join(texts), voices.pop() if len(voices) == 1 else ""
