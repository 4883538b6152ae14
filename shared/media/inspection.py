"""Looks at a media file once and tells what is in it: length, tracks, what is missing.

A container with an index is not read as a whole. One without, such as MPEG-TS or MP3, is read
packet by packet. Nothing is decoded but a first picture.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from shared.media.clock import Clock, read_packets
from shared.media.frames import first_frame
from shared.media.opening import MOST_PIXELS, NotAVideoError, is_remote, open_media
from shared.media.orientation import aspect_of, shown_size
from shared.media.stated import counts_frames, stated_length
from shared.media.streams import (
    language_of,
    purpose_of_sound,
    purpose_of_subtitles,
    title_of,
)
from shared.media.subtitles import is_text_codec
from shared.media.tracks import MediaFile, PictureTrack, SoundTrack, SubtitleTrack

# Without an index, and with lengths that are guesses from the first packets' bit rate.
_WITHOUT_INDEX = frozenset(
    {"mp3", "aac", "ac3", "eac3", "dts", "amr", "mpegts", "mpeg", "dv", "flv"}
)
_RESTARTING = frozenset({"mpegts", "mpeg", "aac"})
_TAIL = 15.0  # seconds before the stated end from which an indexed file is read
_ENOUGH_MISSING = 2.0  # seconds; less is how headers are rounded
_READ_WHOLE = 256 * 1024 * 1024  # bytes of a remote file that may be read to measure it
_COVER = Disposition.attached_pic | Disposition.timed_thumbnails


def inspect(source: Path | str) -> MediaFile:
    """Return what a file, or an HTTP address of the storage's own, holds.

    Raises:
        NotAVideoError: it holds neither sound nor picture that can be read.
        FileNotFoundError: there is no such file.
    """
    with open_media(source) as container:
        picture, too_large = _picture(container)
        sounds = [one for one in container.streams.audio if _decodable(one)]
        unreadable = _unreadable(container, too_large)
        described = _describe(source, picture) if picture else None
        if picture and described is None:
            unreadable.append(f"picture track {picture.index} (nothing in it can be decoded)")
            picture = None
        if picture is None and not any(_decodes(source, one) for one in sounds):
            sounds = []
        if picture is None and not sounds:
            raise NotAVideoError(_nothing(unreadable))
        timed = [*([picture] if picture else []), *sounds]
        origin = _origin(container, timed)
        clock, missing = _measured(source, container, timed, origin)
        return MediaFile(
            container=container.format.name,
            duration=round(clock.end, 3),
            missing=round(missing, 3),
            origin=origin,
            restarts=clock.restarted > 0,
            picture=described,
            sounds=tuple(_sound(one) for one in sounds),
            subtitles=tuple(_subtitles(one) for one in container.streams.subtitles),
            unreadable=tuple(unreadable),
        )


def _decodable(stream: Any) -> bool:
    # PyAV has no codec context for a stream that FFmpeg has no decoder for.
    return getattr(stream, "codec_context", None) is not None


def _picture(container: InputContainer) -> tuple[Any, list[Any]]:
    """Return the first moving picture, and those before it that are too large to be decoded."""
    too_large: list[Any] = []
    for stream in container.streams.video:
        if not _decodable(stream) or stream.disposition & _COVER:
            continue
        if stream.width * stream.height <= MOST_PIXELS:
            return stream, too_large
        too_large.append(stream)
    return None, too_large


def _unreadable(container: InputContainer, too_large: Sequence[Any]) -> list[str]:
    found = [
        f"{kind} track {stream.index} (no decoder for {_tag(stream)})"
        for kind, streams in (
            ("picture", container.streams.video),
            ("sound", container.streams.audio),
        )
        for stream in streams
        if not _decodable(stream)
    ]
    return found + [
        f"picture track {one.index} ({one.width} x {one.height} pixels are more than can be read)"
        for one in too_large
    ]


def _tag(stream: Any) -> str:
    return str(getattr(stream, "codec_tag", "") or "its codec").strip("\x00 ")


def _nothing(unreadable: Sequence[str]) -> str:
    if unreadable:
        tracks = ", ".join(unreadable)
        return f"The file holds nothing that can be read: {tracks}. Convert it to MP4."
    return "The file holds no sound and no moving picture that can be decoded."


def _origin(container: InputContainer, streams: Sequence[Any]) -> float:
    starts = [
        float(one.start_time * one.time_base)
        for one in streams
        if one.start_time is not None and one.time_base is not None
    ]
    return min(starts) if starts else (container.start_time or 0) / av.time_base


def _measured(
    source: Path | str, container: InputContainer, streams: Sequence[Any], origin: float
) -> tuple[Clock, float]:
    """Return a clock that has run to the file's end, and how many stated seconds are missing."""
    name = container.format.name.partition(",")[0]
    stated = stated_length(source, container, streams, origin)
    if container.format.name in _WITHOUT_INDEX:
        clock = Clock(origin, restarts=name in _RESTARTING)
        if is_remote(source) and container.size > _READ_WHOLE and stated:
            # Whoever has the file itself measures it: here it would be downloaded for that.
            clock.end = stated
            return clock, 0.0
        _read_on(container, streams, clock)
        promised = stated if name == "flv" or counts_frames(source, name) else 0.0
        return clock, _gap(promised, clock.end)
    if stated and (end := _end_by_index(container, streams, origin)) is not None:
        return Clock(origin, end=end), 0.0
    clock = Clock(origin)
    if stated:
        try:
            _seek_end(container, streams, origin + stated)
            _read_on(container, streams, clock)
        except FFmpegError:
            clock = Clock(origin)
        if clock.end >= stated - _ENOUGH_MISSING:
            return clock, 0.0
    # Nothing is where the header says that the end is: only reading all of it tells.
    with open_media(source) as again:
        whole = Clock(origin)
        _read_on(again, [again.streams[one.index] for one in streams], whole)
    others = _end_of_others(source, container, origin, stated) if stated else 0.0
    return whole, _gap(stated if others < stated - _ENOUGH_MISSING else 0.0, whole.end)


def _gap(stated: float, measured: float) -> float:
    missing = stated - measured
    return missing if missing > _ENOUGH_MISSING else 0.0


def _end_by_index(container: InputContainer, streams: Sequence[Any], origin: float) -> float | None:
    """Return the end in seconds as an index of all packets tells it, where all of them are there.

    Only MP4 and its kin have such an index; none where it is incomplete, as in a fragmented file.
    """
    if not container.format.name.startswith("mov"):
        return None
    ends = []
    for stream in streams:
        entries, base = stream.index_entries, stream.time_base
        if not len(entries) or not stream.duration or base is None:
            return None
        last = entries[len(entries) - 1]
        end = float(((stream.start_time or 0) + stream.duration) * base)
        if last.pos + last.size > container.size:
            return None
        if end - float(last.timestamp * base) > _TAIL:
            return None
        ends.append(end - origin)
    return max(ends)


def _seek_end(container: InputContainer, streams: Sequence[Any], end: float) -> None:
    """Go to a place from which the last packet of each stream is read."""
    first = streams[0]
    target = max(0.0, end - _TAIL)
    if first.time_base is None:
        container.seek(int(target * av.time_base))
    else:
        container.seek(int(target / first.time_base), stream=first)


def _read_on(container: InputContainer, streams: Sequence[Any], clock: Clock) -> None:
    for _ in read_packets(container, streams, clock):
        pass


def _end_of_others(
    source: Path | str, container: InputContainer, origin: float, stated: float
) -> float:
    """Return where subtitles and data end: a header may count them, and they are no recording."""
    others = [*container.streams.subtitles, *container.streams.data]
    if not others:
        return 0.0
    clock = Clock(origin)
    with open_media(source) as again:
        again.seek(int((origin + max(0.0, stated - _TAIL)) * av.time_base))
        _read_on(again, [again.streams[one.index] for one in others], clock)
    return clock.end


def _describe(source: Path | str, stream: Any) -> PictureTrack | None:
    """Return the picture as it is shown; none where no frame of it can be decoded."""
    with open_media(source) as container:
        same = container.streams[stream.index]
        frame = first_frame(container, same)
        if not isinstance(frame, av.VideoFrame):
            return None
        width, height = shown_size(frame, aspect_of(same))
    return PictureTrack(stream.index, stream.codec_context.name, width, height)


def _decodes(source: Path | str, stream: Any) -> bool:
    with open_media(source) as container:
        return first_frame(container, container.streams[stream.index]) is not None


def _sound(stream: Any) -> SoundTrack:
    return SoundTrack(
        index=stream.index,
        codec=stream.codec_context.name,
        language=language_of(stream),
        title=title_of(stream),
        default=bool(stream.disposition & Disposition.default),
        purpose=purpose_of_sound(stream),
        channels=getattr(stream.codec_context, "channels", 0) or 0,
    )


def _subtitles(stream: Any) -> SubtitleTrack:
    codec = stream.codec_context.name if _decodable(stream) else ""
    return SubtitleTrack(
        index=stream.index,
        codec=codec,
        language=language_of(stream),
        title=title_of(stream),
        default=bool(stream.disposition & Disposition.default),
        purpose=purpose_of_subtitles(stream),
        text=is_text_codec(codec),
    )
