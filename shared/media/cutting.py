"""Cuts a stretch out of a recording, as a small file of its own that any decoder takes.

The picture's packets are copied where that is exact: a codec that MP4 or WebM carries everywhere,
and a keyframe shortly before the start. Otherwise the picture is encoded again. The sound is always
encoded again, as mono: only then is it certain that no channel, gap or change of rate is lost.
What was cut is looked at before it is returned.
"""

import heapq
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from shared.errors import DocreelError
from shared.media.clock import Clock, read_packets
from shared.media.encoding import encode_picture
from shared.media.frames import open_at
from shared.media.inspection import inspect
from shared.media.opening import NotAVideoError
from shared.media.sound import RATE, Samples, stream_sound
from shared.media.tracks import MediaFile

# By the picture's codec: a container that carries it, its MIME type, and a codec for the sound.
_COPIED = {
    "h264": ("mp4", "video/mp4", "aac"),
    "hevc": ("mp4", "video/mp4", "aac"),
    "vp8": ("webm", "video/webm", "libopus"),
    "vp9": ("webm", "video/webm", "libopus"),
}
_ENCODED = ("mp4", "video/mp4", "aac")
_SOUND_ONLY = ("flac", "audio/flac", "flac")
_FORMATS = frozenset({"yuv420p", "yuvj420p", "nv12", "yuv420p10le"})
_EARLIEST = 10.0  # seconds before the start at which a copied stretch may begin
_LATE = 0.5  # seconds after the start at which its picture may begin
_MOST_COPIED = 300 * 10**6  # bytes of picture; more is encoded again, and gets small
_OUT_OF_ORDER = 2.0  # seconds of packets read past the end
_BIT_RATE = 48_000  # of the sound, bits a second
_TOLERANCE = 0.5  # seconds by which what was cut may be shorter than asked for
_CHUNK = RATE // 10  # samples of sound encoded at a time


class NotCutError(DocreelError):
    """The stretch could not be cut out of the recording."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that holds the recording from second `begins` on, which is its own 0."""

    path: Path
    begins: float
    mime_type: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be cut: from `start` to `end`, in seconds."""

    source: Path
    media: MediaFile
    sound: int | None
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Copy:
    """The packets of a picture that are copied: from the one at `begins` on."""

    begins: float
    place: int  # of the first one, counted from where reading begins
    stamps: list[int]  # the decoding time of each, in the stream's time base, from `begins` on
    late: dict[int, int]  # what is shown after the end, and needed before it: when it is shown


def cut(
    source: Path, media: MediaFile, sound: int | None, stretch: tuple[float, float], folder: Path
) -> Clip:
    """Write what is seen and heard in a stretch, (start, end) in seconds, into `folder`.

    `sound` is the stream index of the track that is heard. The clip may begin some seconds earlier.

    Raises:
        NotCutError: there is nothing in the stretch, or what was cut cannot be read.
    """
    wanted = _Wanted(source, media, sound, *stretch)
    try:
        copy = _plan_copy(wanted)
        if copy is not None:
            # Where the copy fails: encoding it again is slower, and takes what decodes at all.
            with suppress(NotCutError, FFmpegError, ValueError):
                return _write(wanted, folder, copy)
        return _write(wanted, folder, None)
    except (NotAVideoError, FFmpegError, ValueError) as error:
        message = f"{stretch[0]:.0f} to {stretch[1]:.0f} s cannot be cut out: {error}"
        raise NotCutError(message) from error


def _plan_copy(wanted: _Wanted) -> _Copy | None:
    """Return which packets to copy, or none where that would not be exact."""
    media, start = wanted.media, wanted.start
    # The last packet of a file that was cut off is half a packet.
    cut_off = media.missing and wanted.end > media.duration - _OUT_OF_ORDER
    if media.picture is None or media.picture.codec not in _COPIED or media.restarts or cut_off:
        return None
    with open_at(wanted.source, media, media.picture.index, start) as (container, stream):
        if getattr(stream.codec_context.format, "name", "") not in _FORMATS:
            return None
        shown: list[int] = []
        first = None
        size = 0
        for place, (second, packet) in enumerate(_picture_packets(container, stream, wanted)):
            if packet.pts is None:
                return None
            if packet.is_keyframe and (first is None or second <= start):
                first, shown, size = (place, second, packet.pts), [], 0
            if first is not None and packet.pts >= first[2]:
                shown.append(packet.pts)
                size += packet.size
        if first is None or size > _MOST_COPIED:
            return None
        if not start - _EARLIEST <= first[1] <= start + _LATE:
            return None
        begins = min(start, first[1])
        origin = round(begins / stream.time_base)
        late = _squeeze(shown, round(wanted.end / stream.time_base))
        shown = [late.get(one, one) for one in shown]
        return _Copy(begins, first[0], _decoding_times(shown, origin), late)


def _squeeze(shown: list[int], end: int) -> dict[int, int]:
    """Return a time at once after `end` for each that is shown later.

    Pictures before the end are decoded from them, and the clip must not get longer for that.
    """
    return {one: end + n for n, one in enumerate(sorted(one for one in shown if one > end))}


def _decoding_times(shown: list[int], origin: int) -> list[int]:
    """Return a decoding time for each packet, in order: rising, and none later than it is shown.

    `shown` are the packets' presentation times in decoding order. What a container states is left
    out: Matroska and AVI state only one of the two.
    """
    ordered = sorted(shown)
    delay = max((late - own for late, own in zip(ordered, shown, strict=True)), default=0)
    return [one - delay - origin for one in ordered]


def _picture_packets(container: Any, stream: Any, wanted: _Wanted) -> Iterator[tuple[float, Any]]:
    """Yield the packets of a picture from where the container stands, until all before `end`."""
    for second, packet in read_packets(container, [stream], Clock(wanted.media.origin)):
        if packet.size == 0:
            continue
        decoded = second if packet.dts is None else float(packet.dts * packet.time_base)
        if decoded >= wanted.end and second >= wanted.end:
            if packet.is_keyframe or second >= wanted.end + _OUT_OF_ORDER:
                return
            continue
        yield second, packet


def _write(wanted: _Wanted, folder: Path, copy: _Copy | None) -> Clip:
    begins = wanted.start if copy is None else copy.begins
    picture = wanted.media.picture
    if picture is None:
        name, mime_type, codec = _SOUND_ONLY
    else:
        name, mime_type, codec = _ENCODED if copy is None else _COPIED[picture.codec]
    target = folder / f"clip.{name}"
    with av.open(str(target), "w", format=name) as writing:
        parts: list[Iterator[tuple[float, Any]]] = []
        if copy is not None:
            parts.append(_copied(writing, wanted, copy))
        elif picture is not None:
            stretch = wanted.start, wanted.end
            parts.append(encode_picture(writing, wanted.source, wanted.media, stretch))
        if wanted.sound is not None:
            sound = stream_sound(wanted.source, wanted.media, wanted.sound, begins, wanted.end)
            parts.append(_encode_sound(writing, codec, sound, (begins, wanted.end)))
        # Each part adds its stream before its first packet, and all have to be there by then.
        opened = [heapq.merge([next(part)], part, key=_second) for part in parts]
        for _, packet in heapq.merge(*opened, key=_second):
            writing.mux(packet)
    clip = Clip(target, begins, mime_type)
    _check(clip, wanted.end - begins, picture=picture is not None, sound=wanted.sound is not None)
    return clip


def _second(timed: tuple[float, Any]) -> float:
    return timed[0]


def _copied(writing: Any, wanted: _Wanted, copy: _Copy) -> Iterator[tuple[float, Any]]:
    media = wanted.media
    if media.picture is None:
        raise AssertionError
    index = media.picture.index
    with open_at(wanted.source, media, index, wanted.start) as (container, stream):
        target = writing.add_stream_from_template(stream)
        yield copy.begins, []  # nothing to write: the stream is there
        origin, stamps = round(copy.begins / stream.time_base), iter(copy.stamps)
        earliest = None
        packets = enumerate(_picture_packets(container, stream, wanted))
        for place, (second, packet) in packets:
            if place < copy.place:
                continue
            earliest = packet.pts if earliest is None else earliest
            if packet.pts < earliest:
                continue  # it leads to a keyframe that is not there
            shown = copy.late.get(packet.pts, packet.pts)
            packet.pts, packet.dts = shown - origin, next(stamps)
            packet.stream = target
            yield second, packet


def _encode_sound(
    writing: Any,
    codec: str,
    sound: Iterator[tuple[float, Samples]],
    stretch: tuple[float, float],
) -> Iterator[tuple[float, Any]]:
    begins, end = stretch
    stream = writing.add_stream(codec, rate=RATE, layout="mono")
    if codec != "flac":
        stream.bit_rate = _BIT_RATE
    yield begins, []
    written = 0
    for samples in _continuous(sound, begins, end):
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, written
        for packet in stream.encode(frame):
            yield begins + written / RATE, packet
        written += len(samples)
    for packet in stream.encode(None):
        yield begins + written / RATE, packet


def _continuous(
    pieces: Iterator[tuple[float, Samples]], begins: float, end: float
) -> Iterator[Samples]:
    """Yield all samples of a stretch in order, in small pieces; silence where there is no sound."""
    at, last = 0, round((end - begins) * RATE)
    for second, samples in pieces:
        offset = round((second - begins) * RATE)
        if at <= offset < at + _CHUNK // 2:
            offset = at  # rounded times, and no gap
        if offset < at:
            samples, offset = samples[at - offset :], at  # noqa: PLW2901 - heard already
        while at < min(offset, last):
            silence = min(_CHUNK, min(offset, last) - at)
            yield np.zeros(silence, np.float32)
            at += silence
        samples = samples[: max(0, last - at)]  # noqa: PLW2901 - what belongs to the stretch
        if len(samples):
            yield np.ascontiguousarray(samples)
            at += len(samples)
    while at < last:
        silence = min(_CHUNK, last - at)
        yield np.zeros(silence, np.float32)
        at += silence


def _check(clip: Clip, length: float, *, picture: bool, sound: bool) -> None:
    """Raise NotCutError where a clip does not hold what it should, before anybody pays for it."""
    try:
        made = inspect(clip.path)
    except NotAVideoError as error:
        raise NotCutError(str(error)) from error
    wrong = [
        what
        for what, failed in (
            ("it has no picture", picture and made.picture is None),
            ("it has no sound", sound and not made.sounds),
            (
                f"it has {made.duration:.1f} of {length:.1f} s",
                made.duration < length - _TOLERANCE and sound,
            ),
        )
        if failed
    ]
    if wrong:
        message = f"what was cut is not whole: {', '.join(wrong)}"
        raise NotCutError(message)
