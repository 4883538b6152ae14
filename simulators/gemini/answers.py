"""Sensible answers by what is asked for: segments, chapters, an article or translations.

They are made of the request alone, so that the same request is always answered the same.
"""

import math
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from simulators.gemini.eyes import look
from simulators.gemini.wire import Json, Reply, Task

UTTERANCE = 5  # seconds of a segment
_A_CHAPTER = 180.0  # seconds
_A_SECTION = 3  # segments
_TARGET = re.compile(r"\binto ([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)")


def answered(task: Task) -> Reply:
    """Return an ordinary answer."""
    kinds = {
        "transcribe": transcribed,
        "outline": outlined,
        "write": written,
        "translate": translated,
    }
    return Reply(kinds[task.kind](task) if task.kind in kinds else made(task.schema))


def clock(seconds: float) -> str:
    """Return a time as the service writes it: MM:SS, with hours only where there are some."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def transcribed(task: Task) -> dict[str, Any]:
    """Say each number that the video shows once, a few to a segment; else a text a few seconds."""
    seen = look(task.files[0].path, task.files[0].received) if task.files else None
    if seen is None:
        return {"segments": []}
    if not seen.numbers:
        starts = range(0, max(1, int(seen.duration)), UTTERANCE)
        return {
            "segments": [
                _segment(n, min(n + UTTERANCE, seen.duration), f"Simulated words at {clock(n)}.", n)
                for n in starts
            ]
        }
    groups = [list(group) for _, group in groupby(seen.numbers, lambda one: one[1] // UTTERANCE)]
    ends = [group[0][0] for group in groups[1:]] + [seen.duration]
    return {
        "segments": [
            _segment(group[0][0], end, " ".join(f"n{number}" for _, number in group), group[0][1])
            for group, end in zip(groups, ends, strict=True)
        ]
    }


def _segment(start: float, end: float, spoken: str, shown: float) -> dict[str, Any]:
    return {
        "start_time": clock(start),
        "end_time": clock(end),
        "spoken_content": spoken,
        "visual_context": f"Screen {shown:g}",
        "speaker": "",
    }


def outlined(task: Task) -> dict[str, Any]:
    """Make chapters of about three minutes each, and two at least."""
    lines = task.material
    start, end = lines[0]["start"], lines[-1]["end"]
    count = max(2, math.ceil((end - start) / _A_CHAPTER))
    length = max(1.0, end - start) / count
    groups = groupby(lines, lambda line: int((line["start"] - start) / length))
    chapters = []
    for n, (_, group) in enumerate(groups, 1):
        numbers = [line["number"] for line in group]
        title = f"Part {n} from {clock(lines[0]['start'])}"
        chapters.append({"title": title, "description": f"About {title}.", "segments": numbers})
    return {"chapters": chapters}


def written(task: Task) -> dict[str, Any]:
    """Make a section of every three segments."""
    lines = [line for line in task.material if "number" in line]
    groups = [lines[n : n + _A_SECTION] for n in range(0, len(lines), _A_SECTION)]
    sections = [
        {
            "markdown": "\n\n".join(
                [f"## At {clock(group[0]['start'])}", *(line["spoken"] for line in group)]
            ),
            "segments": [line["number"] for line in group],
            "picture_time": group[0]["start"],
        }
        for group in groups
    ]
    return {"title": f"Simulated article on {lines[0]['number']}", "sections": sections}


def translated(task: Task) -> dict[str, Any]:
    """Put the language before each text, which keeps all that a translation has to keep."""
    found = _TARGET.search(task.instruction)
    target = found[1] if found else "xx"
    return {
        "items": [
            {
                "id": line["id"],
                "starts_with": " ".join(line["text"].split()[:3]),
                "text": f"[{target}] {line['text']}",
            }
            for line in task.material
            if "id" in line
        ]
    }


def made(schema: Json) -> Any:
    """Return something of a schema's shape."""
    match str(schema.get("type", "")).upper():
        case "OBJECT":
            properties: Mapping[str, Json] = schema.get("properties", {})
            return {name: made(inner) for name, inner in properties.items()}
        case "ARRAY":
            return [made(schema.get("items", {}))]
        case "INTEGER":
            return 1
        case "NUMBER":
            return 1.0
        case "BOOLEAN":
            return True
        case _:
            return schema.get("enum", ["simulated"])[0]
