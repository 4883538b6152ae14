"""The cues of a text track in a video, as they are written.

They are read from the packets as the container holds them. FFmpeg's own decoders turn each format
into SubStation's, where a backslash or a brace in code is markup, and a byte that is no UTF-8 costs
the whole cue.
"""

from collections.abc import Iterator
from typing import Any

from av.container import InputContainer
from av.error import EOFError as EndOfFile
from av.error import FFmpegError

from shared.formats.subtitle_files import read_subtitle_file, said_once, timed
from shared.formats.subtitle_files.subrip import subrip_text
from shared.formats.subtitle_files.substation import read_packet
from shared.formats.subtitle_files.webvtt import cue_text
from shared.formats.vtt import Cue

__all__ = ["Cue", "is_text_codec", "read_text_track"]

_SUBRIP = frozenset({"srt", "subrip"})
_SUBSTATION = frozenset({"ass", "ssa"})
_TIMED_TEXT = frozenset({"mov_text", "tx3g"})
_WEBVTT = frozenset({"webvtt", "wvtt"})
_TTML = frozenset({"ttml", "stpp", "dfxp"})
_TEXT = frozenset({"text"}) | _SUBRIP | _SUBSTATION | _TIMED_TEXT | _WEBVTT | _TTML

_DAMAGED = 1000  # stretches that cannot be read, after which the rest is not tried either
_BOX = 8  # bytes of an MP4 box's size and type


def is_text_codec(name: str) -> bool:
    """Tell whether a subtitle codec, by FFmpeg's name for it, is text and not pictures."""
    return name.lower() in _TEXT


def read_text_track(container: InputContainer, stream: Any, origin: float) -> list[Cue]:
    """Return the cues of a text track by their starts; empty where it has none, or is pictures.

    Times are in seconds after `origin`, the start of the file's own clock in seconds; each cue ends
    after it starts. Rolling captions say each line once. Bytes that are no UTF-8 become U+FFFD; a
    packet that cannot be read costs only itself.
    """
    name = _codec(stream)
    if name and not is_text_codec(name):
        return []
    cues: list[Cue] = []
    for packet in _packets(container, stream):
        if not packet.size or packet.time_base is None:
            continue
        data = bytes(packet)
        if _is_ttml(data):  # a whole document, whose times are the track's
            cues += _document(data, origin)
        elif packet.pts is not None and (found := _cue(name, data)) is not None:
            start = float(packet.pts * packet.time_base) - origin
            length = float((packet.duration or 0) * packet.time_base)
            cues.append(Cue(start, start + length, *found))
    return said_once(timed(cues))


def _codec(stream: Any) -> str:
    """Return the name of a stream's codec; empty where FFmpeg has no decoder of it."""
    context = stream.codec_context
    return "" if context is None else str(context.name).lower()


def _packets(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream, also those behind a damaged stretch of the file."""
    for _ in range(_DAMAGED):
        try:
            yield from container.demux(stream)
        except EndOfFile:
            return
        except FFmpegError:
            continue
        return


def _cue(codec: str, data: bytes) -> tuple[str, str] | None:
    """Return a packet's text and who says it; none where nothing is said."""
    if codec in _SUBSTATION:
        return read_packet(_text(data))
    if codec in _TIMED_TEXT:
        text, speaker = _timed_text(data), ""
    elif data[4:_BOX] in {b"vttc", b"vtte", b"vttx"}:
        text, speaker = cue_text("\n".join(_text(one) for one in _payloads(data)))
    elif codec in _WEBVTT:
        text, speaker = cue_text(_text(data))
    elif codec in _SUBRIP:
        text, speaker = subrip_text(_text(data)), ""
    elif codec == "text":
        text, speaker = _text(data), ""
    else:
        return None
    return (text.strip(), speaker) if text.strip() else None


def _text(data: bytes, encoding: str = "utf-8") -> str:
    # Some writers end a text as C does.
    text = data.decode(encoding, "replace").rstrip("\0").replace("\0", "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _timed_text(data: bytes) -> str:
    """Return the text of a 3GPP sample: its length, the text, and boxes of styles (TS 26.245)."""
    length = int.from_bytes(data[:2], "big")
    text = data[2 : 2 + length]
    if text.startswith((b"\xfe\xff", b"\xff\xfe")):
        return _text(text, "utf-16")
    return _text(text)


def _payloads(data: bytes) -> Iterator[bytes]:
    """Yield the texts of the cues in a WebVTT sample of MP4 (ISO/IEC 14496-30)."""
    while len(data) >= _BOX:
        size = int.from_bytes(data[:4], "big")
        if size < _BOX:
            return
        kind, body = data[4:_BOX], data[_BOX:size]
        if kind == b"vttc":
            yield from _payloads(body)
        elif kind == b"payl":
            yield body
        data = data[size:]


def _is_ttml(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<tt ", b"<tt:tt "))


def _document(data: bytes, origin: float) -> list[Cue]:
    try:
        found = read_subtitle_file(data, "track.ttml")
    except ValueError:
        return []
    return [Cue(cue.start - origin, cue.end - origin, cue.text) for cue in found]
