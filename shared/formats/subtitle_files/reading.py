"""Which format a subtitle file is in, by what stands in it: endings are often wrong."""

import re
import xml.etree.ElementTree as ET
from pathlib import PurePath

import pysubs2

from shared.formats.subtitle_files import encodings, subrip, substation, webvtt
from shared.formats.subtitle_files.rolling import said_once
from shared.formats.vtt import Cue

SUFFIXES = frozenset({".srt", ".vtt", ".ass", ".ssa", ".sbv", ".ttml", ".dfxp", ".smi"})

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TTML = re.compile(r"<(?:\w+:)?tt[\s>]")
_SAMI = re.compile(r"<SAMI[\s>]", re.IGNORECASE)
_FORMATS = (
    (substation.is_substation, substation.read_substation),
    (subrip.is_subrip, subrip.read_subrip),
    (subrip.is_sbv, subrip.read_sbv),
)
# Stand-ins for what is text in TTML and SAMI, and markup where pysubs2 puts it.
_HIDDEN = str.maketrans({"\\": "\ue000", "{": "\ue001", "}": "\ue002"})
_SHOWN = str.maketrans({"\ue000": "\\", "\ue001": "{", "\ue002": "}"})


def read_subtitle_file(data: bytes, filename: str, language: str = "") -> list[Cue]:
    """Return the cues of a subtitle file in its order, as plain text, rolling captions said once.

    Reads SubRip, WebVTT (as its standard's own parser does), SubStation, .sbv, TTML and SAMI in any
    common encoding; `language` (BCP 47) helps to tell which, else the one that the name has, as
    `talk.ja.srt`. What is damaged costs only itself. Times are seconds and as they stand: a cue may
    end before its start. Raises ValueError, saying what to do, for what is no such file.
    """
    text = encodings.decode(data, language or language_of(filename))
    return said_once(_read(text, filename))


def language_of(filename: str) -> str:
    """Return the language (BCP 47) that a subtitle file's name has before its ending, if any."""
    parts = PurePath(filename).name.split(".")
    # The first part is the name itself: `en.srt` may be one, `talk.en.srt` tells.
    found = [part for part in parts[1:-1] if _TAG.fullmatch(part)]
    usual = [part for part in found if part.lower() not in {"sdh", "forced", "cc", "hi", "sub"}]
    return usual[-1].replace("_", "-") if usual else ""


def _read(text: str, filename: str) -> list[Cue]:
    head = text[:4096]
    nearly = head.lstrip().lower().startswith("webvtt")
    if webvtt.is_webvtt(text) or nearly:
        return webvtt.read_webvtt(text)  # says what it lacks
    for is_it, read in _FORMATS:
        if is_it(text):
            return read(text)
    for pattern, kind in ((_TTML, "ttml"), (_SAMI, "sami")):
        if pattern.search(head):
            return _foreign(text, kind)
    if filename.lower().endswith(".vtt"):
        return webvtt.read_webvtt(text)
    message = (
        "no subtitles were found in it: give a file in SubRip (.srt), WebVTT (.vtt) or "
        "SubStation (.ass, .ssa)"
    )
    raise ValueError(message)


def _foreign(text: str, kind: str) -> list[Cue]:
    """Read what pysubs2 reads best."""
    try:
        found = pysubs2.SSAFile.from_string(text.translate(_HIDDEN), format_=kind)
    except (ET.ParseError, pysubs2.Pysubs2Error, ValueError, AttributeError, KeyError) as error:
        message = f"it cannot be read as {kind.upper()} ({error}): give it as .srt or .vtt"
        raise ValueError(message) from error
    return [
        Cue(one.start / 1000, one.end / 1000, said)
        for one in found.events
        if (said := substation.substation_text(one.text).translate(_SHOWN))
    ]
