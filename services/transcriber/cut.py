"""Cuts a window out of a video by copying packets: fast, and without loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

from services.transcriber.media import NotAVideo
from shared.errors import DocreelError

# What carries the codecs of recordings, in order of preference: name for FFmpeg and MIME type.
_CONTAINERS = {"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime"}
_BEGINNING = ("video", True)
_SLACK = 2.0  # seconds of packets read past the end, for streams that are not in step


class TooLargeError(DocreelError):
    """The window's file is larger than it may be: cut a shorter one."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that holds the video from second `begins` on: its times plus this are the video's."""

    path: Path
    begins: float
    mime_type: str


def window(source: Path, folder: Path, start: float, end: float, most: int = 2 * 10**9) -> Clip:
    """Write `source` from the keyframe at or before `start` to `end` (seconds) into `folder`.

    Raises:
        NotAVideo: the stretch holds nothing that a file can carry.
        TooLargeError: it would have more than `most` bytes; nothing is left of it.
    """
    try:
        with av.open(str(source)) as reading:
            return _copied(reading, folder, start, end, most)
    except (FFmpegError, ValueError) as error:
        message = f"{source.name} cannot be cut from {start:g} to {end:g} s: {error}"
        raise NotAVideo(message) from error


def _copied(reading: InputContainer, folder: Path, start: float, end: float, most: int) -> Clip:
    kept = [*reading.streams.video[:1], *reading.streams.audio[:1]]
    name = _container(folder, {stream.codec_context.name for stream in kept})
    target = folder / f"window.{name}"
    with av.open(str(target), "w", format=name) as writing:
        begins = _packets(reading, writing, kept, (start, end), most)
    if begins is None:
        message = "no packets"
        raise ValueError(message)
    return Clip(target, begins, _CONTAINERS[name])


def _container(folder: Path, codecs: set[str]) -> str:
    for name in _CONTAINERS:
        target = folder / f"probe.{name}"
        with av.open(str(target), "w", format=name) as box:
            # The decoder's name is not always the codec's.
            carried = {codec.removeprefix("lib") for codec in box.supported_codecs}
        target.unlink(missing_ok=True)
        if {codec.removeprefix("lib") for codec in codecs} <= carried:
            return name
    message = f"no container for {', '.join(sorted(codecs))}"
    raise ValueError(message)


def _packets(
    reading: InputContainer,
    writing: OutputContainer,
    kept: list[Any],
    stretch: tuple[float, float],
    most: int,
) -> float | None:
    """Copy the packets of a stretch; return the second at which the copy begins."""
    copies = {stream.index: writing.add_stream_from_template(stream) for stream in kept}
    origin = (reading.start_time or 0) / av.time_base
    if stretch[0] > 0:
        reading.seek(int((origin + stretch[0]) * av.time_base), backward=True)
    first: float | None = None
    left, written = set(copies), 0
    film = any(stream.type == "video" for stream in kept)
    for packet in _timed(reading, kept, origin, stretch[1]):
        moment = float(packet.pts * packet.time_base)
        if moment - origin >= stretch[1]:
            left.discard(packet.stream.index)
            if not left:
                break
            continue
        # The copy begins with a keyframe: sound before it has no picture, and pictures that are
        # shown before it cannot be decoded.
        if first is None and not (film and (packet.stream.type, packet.is_keyframe) != _BEGINNING):
            first = moment
        if first is None or moment < first:
            continue
        written += packet.size
        if written > most:
            raise TooLargeError
        shift = int(first / packet.time_base)
        packet.pts -= shift
        packet.dts -= shift
        packet.stream = copies[packet.stream.index]
        writing.mux(packet)
    return None if first is None else first - origin


def _timed(reading: InputContainer, kept: list[Any], origin: float, end: float) -> Iterator[Any]:
    """Yield the packets that have times, up to a while after the end."""
    for packet in reading.demux(kept):
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            continue
        if float(packet.dts * packet.time_base) - origin >= end + _SLACK:
            return
        yield packet
