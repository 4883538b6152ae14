"""Reads the frames of a media file's picture, at their seconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from PIL import Image

from shared.media.clock import Clock, decode, read_packets, second_of
from shared.media.gops import Gop, decode_gop, read_gops
from shared.media.opening import MOST_PIXELS, open_media
from shared.media.orientation import aspect_of, to_picture
from shared.media.tracks import MediaFile

_EARLIER = 5.0  # seconds by which a place is looked for earlier where there is no keyframe
Frame = av.VideoFrame  # as others name it, who import no library for it

_PROBED = 500  # packets in which a first frame is looked for


def read_frames(
    source: Path | str,
    media: MediaFile,
    start: float,
    end: float,
    *,
    keyframes: bool = False,
) -> Iterator[tuple[float, av.VideoFrame, Fraction]]:
    """Yield (second, frame, width to height of its pixels) from `start` to before `end`.

    The frame shown at `start` comes first, and before it those that it needs to be decoded. With
    `keyframes`, only those that decode by themselves. Nothing where the file has no picture.
    """
    if media.picture is None:
        return
    with open_at(source, media, media.picture.index, start) as (container, stream):
        prepare(stream, keyframes=keyframes)
        ratio = aspect_of(stream)
        clock = Clock(media.origin, restarts=media.restarts)
        for second, packet in read_packets(container, [stream], clock):
            for frame in decode(packet):
                moment = second_of(frame, stream, second)
                if moment >= end:
                    return
                yield moment, frame, ratio


def prepare(stream: Any, *, keyframes: bool = False) -> None:
    """Set a video stream's decoder up: threads, and the most pixels that it may be asked for."""
    context = stream.codec_context
    context.options = {"max_pixels": str(MOST_PIXELS)}
    context.thread_type = "AUTO"
    if keyframes:
        context.skip_frame = "NONKEY"


@contextmanager
def open_at(
    source: Path | str, media: MediaFile, track: int, second: float
) -> Iterator[tuple[Any, Any]]:
    """Open a file where a track can be decoded from, at or before `second`: (container, stream).

    Files whose timestamps start anew on the way are opened at their beginning. Some containers
    (MPEG-TS) find a time and no keyframe, so it is looked whether one is there.

    Raises NotAVideoError, as `open_media` does.
    """
    place = None if media.restarts else _place_before(source, media, track, second)
    with open_media(source) as container:
        stream: Any = container.streams[track]
        if place is not None:
            _go(container, media, stream, place)
        yield container, stream


def _place_before(source: Path | str, media: MediaFile, track: int, second: float) -> float | None:
    """Return a second to seek from which a keyframe comes at or before `second`; else none."""
    earlier = 0.0
    if second <= 0:
        return None
    with open_media(source) as container:
        stream: Any = container.streams[track]
        while second - earlier > 0:
            _go(container, media, stream, second - earlier)
            if _next_keyframe(container, media, stream) <= second:
                return second - earlier
            earlier = max(_EARLIER, 4 * earlier)
    return None


def _go(container: Any, media: MediaFile, stream: Any, second: float) -> None:
    target = media.origin + second
    try:
        if stream.time_base is None:
            container.seek(int(target * av.time_base))
        else:
            container.seek(int(target / stream.time_base), stream=stream)
    except av.error.FFmpegError:
        # What cannot be sought is read from its beginning.
        container.seek(0)


def _next_keyframe(container: Any, media: MediaFile, stream: Any) -> float:
    """Return the second of the next keyframe's packet; infinity where there is none."""
    for second, packet in read_packets(container, [stream], Clock(media.origin)):
        if packet.size and packet.is_keyframe:
            return second
    return float("inf")


def first_frame(container: Any, stream: Any) -> av.VideoFrame | av.AudioFrame | None:
    """Return the first frame of an open container's stream that can be decoded, if any."""
    if stream.type == "video":
        prepare(stream)
    packets = read_packets(container, [stream], Clock(0.0))
    for _, packet in islice(packets, _PROBED):
        for frame in decode(packet):
            if isinstance(frame, av.VideoFrame | av.AudioFrame):
                return frame
    return None


def picture_at(source: Path | str, media: MediaFile, second: float) -> Image.Image | None:
    """Return the RGB picture that a player shows at `second`, or none where there is none."""
    shown = None
    for moment, frame, ratio in read_frames(source, media, second, float("inf")):
        if shown is not None and moment > second:
            break
        shown = frame, ratio
    return None if shown is None else to_picture(*shown)


def pictures_at(
    source: Path | str, media: MediaFile, seconds: Sequence[float]
) -> Iterator[Image.Image]:
    """Yield the RGB pictures that a player shows at `seconds`, which ascend; reads the file once.

    Before the first picture that is the first, after the last one the last. Nothing is yielded
    where the file has no picture, or none that can be decoded.
    """
    if media.picture is None or not seconds:
        return
    wanted, shown = list(reversed(seconds)), None
    with open_at(source, media, media.picture.index, wanted[-1]) as (container, stream):
        prepare(stream)
        ratio = aspect_of(stream)
        clock = Clock(media.origin, restarts=media.restarts)
        for gop, following in read_gops(container, stream, clock):
            if _begins_before(following, wanted[-1]):
                continue  # nothing of this group is wanted
            for _, moment, frame in decode_gop(stream.codec_context, gop, following):
                shown = frame if shown is None else shown
                while wanted and moment > wanted[-1]:
                    wanted.pop()
                    yield to_picture(shown, ratio)
                shown = frame
                if not wanted:
                    return
                if _begins_before(following, wanted[-1]):
                    break
    if shown is not None:
        for _ in wanted:
            yield to_picture(shown, ratio)


def _begins_before(gop: Gop | None, second: float) -> bool:
    return gop is not None and gop.begins and gop.start <= second
