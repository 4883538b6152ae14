"""SubRip (.srt) and YouTube's .sbv, read as players read them: by lines, and no line is fatal.

`pysubs2` takes any two times in a line for a cue's, drops a last line that is a number, and reads
backslashes as SubStation's, so that code does not come out as it was written.
"""

import re

from shared.formats.vtt import Cue

# Hours and a fraction may be left out; players take a comma and a point.
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?"
_ARROW = re.compile(rf"\s*{_TIME}\s*-{{1,2}}\s?>\s*{_TIME}(?:\s.*)?")
_COMMA = re.compile(rf"\s*{_TIME}\s*,\s*{_TIME}\s*")
_NUMBER = re.compile(r"\s*\d+\s*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
# What players draw instead of showing it; any other `<` or `{` is text.
_TAG = re.compile(r"</?(?:b|i|u|s|font|em|strong)(?:\s[^<>]*)?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_OVERRIDE = re.compile(
    r"""\{(?:\\(?:
      an?\d{1,2} | [bius]\d+ | q\d | (?:pos|move|org|i?clip|fade?|t)\([^{}]*\)
      | [1-4]?(?:c|a|alpha)&H[0-9A-Fa-f]*&? | f(?:n[^\\{}]+|s(?:c[xy]|p)?-?[\d.]+|r[xyz]?-?[\d.]+)
      | [xy]?(?:bord|shad)[\d.]+ | (?:be|blur)[\d.]+ | k[fo]?\d+
    ))+\}""",
    re.VERBOSE,
)


def read_subrip(text: str) -> list[Cue]:
    """Return the cues of a SubRip file in its order, as plain text."""
    return _read(text, _ARROW)


def read_sbv(text: str) -> list[Cue]:
    """Return the cues of a file in YouTube's .sbv format."""
    return _read(text, _COMMA)


def is_subrip(text: str) -> bool:
    """Tell whether one of a text's first lines has a SubRip cue's times."""
    return _is(text, _ARROW)


def is_sbv(text: str) -> bool:
    """Tell whether one of a text's first lines has an .sbv cue's times."""
    return _is(text, _COMMA)


def subrip_text(raw: str) -> str:
    r"""Return a SubRip cue's text without its markup: `<i>`, `<font ...>`, `{\an8}`.

    SubRip has no escapes: `&amp;` and a backslash are text, and so are unknown tags and braces.
    """
    text = _TAG.sub("", _BREAK.sub("\n", raw.replace("\0", "\ufffd")))
    return _OVERRIDE.sub("", text).strip()


def _is(text: str, timing: re.Pattern[str]) -> bool:
    lines = [line for line in _NEWLINE.split(text[:4096]) if line.strip()]
    return any(timing.fullmatch(line) for line in lines[:20])


def _read(text: str, timing: re.Pattern[str]) -> list[Cue]:
    cues: list[Cue] = []
    times: tuple[float, float] | None = None
    body: list[str] = []

    def end() -> None:
        if times is not None and (said := subrip_text("\n".join(body))):
            cues.append(Cue(*times, said))

    for line in _NEWLINE.split(text.removeprefix("\ufeff")):
        found = timing.fullmatch(line) if ":" in line else None
        if found is None:
            body.append(line)
            continue
        if body and _is_counter(body, len(cues) + (times is not None) + 1):
            body.pop()
        end()
        times, body = (_seconds(*found.groups()[:4]), _seconds(*found.groups()[4:])), []
    end()
    return cues


def _is_counter(body: list[str], number: int) -> bool:
    """Tell whether the last line before a cue's times is its number, and no text of the last cue.

    A blank line stands before it, or it is the very `number` that the next cue would have.
    """
    if not _NUMBER.fullmatch(body[-1]):
        return False
    return len(body) == 1 or not body[-2].strip() or body[-1].strip().lstrip("0") == str(number)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return round(whole + float(f"0.{fraction or 0}"), 3)
