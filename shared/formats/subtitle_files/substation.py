r"""SubStation Alpha (.ass, .ssa) as players read it; a line that is no cue is passed over.

In braces stand override tags and comments, `\p1` begins a drawing, `\h` is a space. `pysubs2` fails
a file for one bad time and knows only the usual order of fields.
"""

import re
from collections.abc import Iterator

from shared.formats.vtt import Cue

_SECTION = re.compile(r"\s*\[([^\]]+)\]\s*")
_SCRIPT = re.compile(
    r"^\s{0,9}\[(?:Script Info|V4\+? Styles|Events)\]", re.MULTILINE | re.IGNORECASE
)
_TIME = re.compile(r"\s*(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[.:,](\d{1,9}))?\s*")
_FIELDS: tuple[str, ...] = (
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
)
_DRAWING = re.compile(r"\\p(\d+)")
_NOBODY = ("", "NTP")  # old editors name who is not named


def is_substation(text: str) -> bool:
    """Tell whether a text is a SubStation script."""
    return _SCRIPT.search(text) is not None


def read_substation(text: str) -> list[Cue]:
    """Return the dialogue of a script in its order, as plain text, with its speakers."""
    cues: list[Cue] = []
    fields: tuple[str, ...] = _FIELDS
    for line in _events(text.removeprefix("\ufeff")):
        kind, _, rest = line.partition(":")
        if kind.strip().lower() == "format":
            named = tuple(one.strip().lower() for one in rest.split(","))
            # The text comes last, whatever the line says: it may hold commas.
            fields = tuple(one for one in named if one != "text")
        elif kind.strip().lower() == "dialogue":
            *values, said = rest.lstrip().split(",", len(fields))
            if len(values) == len(fields):
                cues += _cue(dict(zip(fields, values, strict=True)), said)
    return cues


def read_packet(line: str) -> tuple[str, str] | None:
    """Return the text and the speaker of a cue as containers hold it; none where it is no cue.

    Its fields are ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect and Text, and
    with an older FFmpeg a whole `Dialogue:` line.
    """
    if line.startswith("Dialogue:"):
        found = read_substation(f"[Events]\n{line}")
        return (found[0].text, found[0].speaker) if found else None
    *values, said = line.split(",", 8)
    text = substation_text(said)
    return (text, _speaker(values[3])) if len(values) == 8 and text else None  # noqa: PLR2004


def substation_text(raw: str) -> str:
    r"""Return what is shown of a cue's text: no tags, comments and drawings; `\h` is a space."""
    parts: list[str] = []
    at, drawing = 0, False
    raw = raw.replace("\0", "\ufffd")
    while at < len(raw):
        opening = raw.find("{", at)
        # Escaped, or never closed: a brace like any other.
        while opening > 0 and raw[opening - 1] == "\\":
            opening = raw.find("{", opening + 1)
        closing = raw.find("}", opening) if opening >= 0 else -1
        if closing < 0:
            opening = len(raw)
        if not drawing:
            parts.append(raw[at:opening])
        if closing < 0:
            break
        for scale in _DRAWING.findall(raw[opening:closing]):
            drawing = int(scale[:4]) > 0
        at = closing + 1
    text = "".join(parts).replace(r"\N", "\n").replace(r"\n", " ").replace(r"\h", " ")
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(lines).replace(r"\{", "{").replace(r"\}", "}").strip()


def _events(text: str) -> Iterator[str]:
    within = False
    for line in re.split(r"\r\n|\r|\n", text):
        if (section := _SECTION.fullmatch(line)) is not None:
            within = section[1].strip().lower() == "events"
        elif within:
            yield line.lstrip()


def _cue(values: dict[str, str], said: str) -> list[Cue]:
    start, end = _seconds(values.get("start", "")), _seconds(values.get("end", ""))
    text = substation_text(said)
    if start is None or end is None or not text:
        return []
    return [Cue(start, end, text, _speaker(values.get("name", values.get("actor", ""))))]


def _speaker(name: str) -> str:
    return "" if name.strip() in _NOBODY else name.strip()


def _seconds(text: str) -> float | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    whole = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
    return round(whole + float(f"0.{found[4] or 0}"), 3)
