"""How long a file's own header says that it is, which its end may contradict."""

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.container import InputContainer

from shared.media.opening import is_remote

_LONGEST = 7 * 86_400.0  # seconds; a header that states more is not believed
_COUNTED = frozenset({"avi", "caf"})  # FFmpeg shortens their length to what is there, not this
_UNKNOWN = 0x7FFFF000  # bytes of a WAV: who does not know the size yet writes the largest one
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_HEADER = 4096  # bytes in which a WAV's sound begins


def stated_length(
    source: Path | str, container: InputContainer, streams: Sequence[Any], origin: float
) -> float:
    """Return the seconds that the header states for picture and sound, or 0."""
    name = container.format.name.partition(",")[0]
    ends = [
        float(((one.start_time or 0) + one.duration) * one.time_base) - origin
        for one in streams
        if one.duration and one.time_base is not None
    ]
    if len(ends) < len(streams) and container.duration is not None:
        ends.append(container.duration / av.time_base)
    if name in _COUNTED:
        ends += [float(one.frames * one.time_base) for one in streams if one.time_base is not None]
    stated = max(ends, default=0.0)
    if name == "matroska" and stated > origin > 0:
        stated -= origin  # its header counts from 0, wherever the recording begins
    if name in {"wav", "w64"} and not is_remote(source):
        with Path(source).open("rb") as file:
            stated = max(stated, _wav_length(file.read(_HEADER)))
    return stated if math.isfinite(stated) and 0 < stated < _LONGEST else 0.0


def _wav_length(head: bytes) -> float:
    """Return the seconds that a WAV or W64 states; 0 where it does not know. PCM, in effect."""
    form = head.find(b"fmt ")
    if head[:4] == b"riff":
        data = head.find(_W64_DATA)
        at, order, less = data + 16, "<Q", 24  # its size counts its own header
        form += 24 - 8
    else:
        data = head.find(b"data", form)
        at, order, less = data + 4, "<I", 0
    if form < 0 or data < 0 or len(head) < max(form + 20, at + 8):
        return 0.0
    (size,) = struct.unpack_from(order, head, at)
    (bytes_a_second,) = struct.unpack_from("<I", head, form + 16)
    if not bytes_a_second or (order == "<I" and size >= _UNKNOWN):
        return 0.0
    return float(max(0, size - less) / bytes_a_second)


def counts_frames(source: Path | str, name: str) -> bool:
    """Tell whether an MP3 states how many frames it has, in a header in its first one."""
    if name != "mp3" or is_remote(source):
        return False
    with Path(source).open("rb") as file:
        start = _after_id3(file)
    return any(mark in start for mark in (b"Xing", b"Info", b"VBRI"))


def _after_id3(file: BinaryIO) -> bytes:
    """Return an MP3's first bytes after its tags."""
    head = file.read(10)
    size = 0
    if head[:3] == b"ID3":
        for byte in head[6:10]:
            size = size << 7 | (byte & 0x7F)
        file.seek(10 + size)
    else:
        file.seek(0)
    return file.read(4096)
