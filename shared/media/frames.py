"""Reads the frames of a media file's picture, at their seconds."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import av
from PIL import Image

from shared.media.clock import Clock, decode, read_packets
from shared.media.gops import Gop, decode_gop, read_gops
from shared.media.opening import MOST_PIXELS, open_media
from shared.media.orientation import to_picture
from shared.media.tracks import MediaFile

_STEP = 5.0  # seconds by which is gone back for a keyframe, doubled each time
_PROBED = 500  # packets in which a first frame is looked for


def read_frames(
    source: Path | str,
    media: MediaFile,
    start: float,
    end: float,
    *,
    keyframes: bool = False,
) -> Iterator[tuple[float, av.VideoFrame, Any]]:
    """Yield (second, frame, its stream) from the one shown at `start` on, up to before `end`.

    Frames before `start` come first where decoding has to begin earlier. With `keyframes`, only
    those that decode by themselves. Nothing where the file has no picture. The stream must not be
    used once the iteration has ended, since its memory is gone with the container.
    """
    if media.picture is None:
        return
    with open_media(source) as container:
        stream: Any = container.streams[media.picture.index]
        prepare(stream, keyframes=keyframes)
        seek(container, media, stream, start)
        clock = Clock(media.origin, restarts=media.restarts)
        for second, packet in read_packets(container, [stream], clock):
            for frame in decode(packet):
                moment = second if frame.time is None else frame.time
                if moment >= end:
                    return
                yield moment, frame, stream


def prepare(stream: Any, *, keyframes: bool = False) -> None:
    """Set a video stream's decoder up: threads, and the most pixels that it may be asked for."""
    context = stream.codec_context
    context.options = {"max_pixels": str(MOST_PIXELS)}
    context.thread_type = "AUTO"
    if keyframes:
        context.skip_frame = "NONKEY"


def seek(container: Any, media: MediaFile, stream: Any, second: float) -> None:
    """Go to the last place at or before `second` from which a stream can be decoded.

    Where timestamps start anew on the way, nowhere: such a file is read from its beginning.
    """
    if second <= 0 or media.restarts:
        return
    target = media.origin + second
    back = 0.0
    while back < second:
        # A container without an index (MPEG-TS) is sought by time, whatever lies there.
        if not _go_to(container, stream, target - back):
            break
        if _begins_by(container, stream, target):
            _go_to(container, stream, target - back)
            return
        back = max(_STEP, 2 * back)
    # What cannot be sought is read from its beginning.
    container.seek(0)


def _go_to(container: Any, stream: Any, second: float) -> bool:
    """Seek a second of the file's own clock; tell whether that can be done."""
    try:
        if stream.time_base is None:
            container.seek(int(second * av.time_base))
        else:
            container.seek(int(second / stream.time_base), stream=stream)
    except av.error.FFmpegError:
        return False
    return True


def _begins_by(container: Any, stream: Any, second: float) -> bool:
    """Tell whether the next keyframe of a stream comes by `second`."""
    try:
        for packet in container.demux(stream):
            if packet.is_keyframe and packet.size:
                stamp = packet.dts if packet.pts is None else packet.pts
                return stamp is None or float(stamp * packet.time_base) <= second
    except av.error.FFmpegError:
        return True
    return False


def first_frame(container: Any, stream: Any) -> av.VideoFrame | None:
    """Return the first frame of an open container's video stream that can be decoded, if any."""
    prepare(stream)
    packets = read_packets(container, [stream], Clock(0.0))
    for _, packet in islice(packets, _PROBED):
        for frame in decode(packet):
            if isinstance(frame, av.VideoFrame):
                return frame
    return None


def picture_at(source: Path | str, media: MediaFile, second: float) -> Image.Image | None:
    """Return the RGB picture that a player shows at `second`, or none where there is none."""
    return next(pictures_at(source, media, [second]), None)


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
    with open_media(source) as container:
        stream: Any = container.streams[media.picture.index]
        prepare(stream)
        seek(container, media, stream, wanted[-1])
        clock = Clock(media.origin, restarts=media.restarts)
        for gop, following in read_gops(container, stream, clock):
            if _begins_before(following, wanted[-1]):
                continue  # nothing of this group is wanted
            for _, moment, frame in decode_gop(stream.codec_context, gop, following):
                shown = frame if shown is None else shown
                while wanted and moment > wanted[-1]:
                    wanted.pop()
                    yield to_picture(shown, stream)
                shown = frame
                if not wanted:
                    return
                if _begins_before(following, wanted[-1]):
                    break
        # While the container is open: a stream's memory is gone with it.
        if shown is not None:
            for _ in wanted:
                yield to_picture(shown, stream)


def _begins_before(gop: Gop | None, second: float) -> bool:
    return gop is not None and gop.begins and gop.start <= second
