"""Cuts a window out of a video by copying packets: fast, and without loss."""

from pathlib import Path

import av
from av.error import FFmpegError

from services.transcriber.media import NotAVideo


def window(source: Path, target: Path, start: float, end: float) -> float:
    """Write `source` from the keyframe at or before `start` to `end` (seconds) as an MP4 file.

    Returns:
        The second of the source at which the written file begins: its times plus this are the
        source's.

    Raises:
        NotAVideo: the stretch holds nothing that an MP4 file can carry.
    """
    try:
        return _copied(source, target, start, end)
    except (FFmpegError, ValueError) as error:
        message = f"{source.name} cannot be cut from {start:g} to {end:g} s: {error}"
        raise NotAVideo(message) from error


def _copied(source: Path, target: Path, start: float, end: float) -> float:
    with av.open(str(source)) as reading, av.open(str(target), "w", format="mp4") as writing:
        kept = [*reading.streams.video[:1], *reading.streams.audio[:1]]
        copies = {stream.index: writing.add_stream_from_template(stream) for stream in kept}
        origin = (reading.start_time or 0) / av.time_base
        if start > 0:
            reading.seek(int((origin + start) * av.time_base), backward=True)
        first: float | None = None
        for packet in reading.demux(kept):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            moment = float(packet.pts * packet.time_base)
            if first is None:
                # The file begins with its first packet, which after a seek is a keyframe's.
                first = moment
            if moment - origin >= end:
                if packet.stream.type == "video":
                    break
                continue
            shift = int(first / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = copies[packet.stream.index]
            writing.mux(packet)
        if first is None:
            message = "no packets"
            raise ValueError(message)
        return first - origin
