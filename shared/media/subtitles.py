"""Reads the text tracks of a media file."""

import re
from typing import Any

from av.container import InputContainer
from av.subtitles.subtitle import AssSubtitle

from shared.formats.vtt import Cue
from shared.media.clock import Clock, decode, read_packets

_TEXT = frozenset({"srt", "subrip", "mov_text", "ass", "ssa", "webvtt", "text", "ttml"})
# ASS: ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text
_ASS_FIELDS = 8
_OVERRIDE = re.compile(r"\{\\[^}]*\}")


def is_text_codec(name: str) -> bool:
    """Tell whether subtitles in a codec are text, by FFmpeg's name of it."""
    return name in _TEXT


def read_text_track(container: InputContainer, stream: Any, origin: float) -> list[Cue]:
    """Return the cues of a text track, ordered; times count from the file's second `origin`."""
    cues = []
    for second, packet in read_packets(container, [stream], Clock(origin)):
        length = float((packet.duration or 0) * packet.time_base) if packet.size else 0.0
        text = "\n".join(filter(None, (_plain(one) for one in decode(packet))))
        if text and packet.size:
            cues.append(Cue(second, second + length, text))
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def _plain(subtitle: object) -> str:
    if not isinstance(subtitle, AssSubtitle):
        return ""
    line = subtitle.ass.decode("utf-8", "replace")
    text = line.split(",", _ASS_FIELDS)[-1] if line.count(",") >= _ASS_FIELDS else line
    return _OVERRIDE.sub("", text).replace(r"\N", "\n").replace(r"\n", "\n").strip()
