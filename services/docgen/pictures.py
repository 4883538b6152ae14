"""Takes pictures from a video with PyAV: the sharpest settled frame near a moment, as WebP."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image

from shared.errors import UnsupportedError

WIDTH = 1280  # pixels; larger pictures are made smaller, smaller ones stay
AFTER = 1.5  # seconds after the moment in which a better frame is looked for
EVERY = 0.2  # seconds between two frames that are looked at
QUALITY = 80  # of WebP, of 100
_SMALL = (160, 90)  # pixels in which pictures are compared
_DIFFERENCE = 18  # of 255, from which a pixel counts as changed
_SETTLED = 0.02  # share of changed pixels up to which two pictures show the same
_BLANK = 3.0  # standard deviation of brightness, of 255, below which nothing is to be seen

Grey = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a video shows at `milliseconds`; `webp` is its file's bytes."""

    milliseconds: int
    webp: bytes

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.milliseconds}.webp"


@dataclass(frozen=True, slots=True)
class _Candidate:
    second: float
    frame: av.VideoFrame
    small: Grey  # shape (90, 160)


async def take(path: Path, moments: Sequence[float]) -> list[Picture | None]:
    """See `services.docgen.ports.Pictures`; the work is done in a thread."""
    return await asyncio.to_thread(taken, path, moments)


def taken(path: Path, moments: Sequence[float]) -> list[Picture | None]:
    """Return a picture for each moment (seconds from the video's start), or None.

    None stands where the video shows nothing, where it is blank, where it cannot be decoded, and
    where it shows what the picture of an earlier moment shows already.

    Raises:
        UnsupportedError: the file is no video at all.
    """
    try:
        container = av.open(str(path), "r")
    except (FFmpegError, ValueError) as error:
        message = f"no pictures can be taken of {path.name}: upload a video and process it again"
        raise UnsupportedError(message) from error
    with container:
        for stream in container.streams.video:
            stream.thread_type = "AUTO"  # before the first frame; not to be changed after
        seen: list[Grey] = []
        found: list[Picture | None] = []
        for moment in moments:
            best = _best(_candidates(container, moment)) if container.streams.video else None
            if best is None or any(_changed(best.small, one) <= _SETTLED for one in seen):
                found.append(None)
                continue
            seen.append(best.small)
            found.append(Picture(round(best.second * 1000), _webp(best.frame)))
        return found


def _candidates(container: InputContainer, moment: float) -> list[_Candidate]:
    """Return the frame shown at `moment`, and some of those that follow it."""
    stream = container.streams.video[0]
    origin = (container.start_time or 0) / av.time_base
    shown: av.VideoFrame | None = None
    found: list[_Candidate] = []
    try:
        container.seek(int((origin + max(moment, 0.0)) * av.time_base))
        for packet in container.demux(stream):
            for frame in _decoded(packet):
                if not isinstance(frame, av.VideoFrame) or frame.time is None:
                    continue
                second = frame.time - origin
                if second <= moment:
                    shown = frame
                    continue
                # A frame stays until the next: what is shown at a moment came before it.
                if shown is not None and not found:
                    found.append(_candidate(moment, shown))
                if second > moment + AFTER:
                    return found
                if not found or second - found[-1].second >= EVERY:
                    found.append(_candidate(second, frame))
    except FFmpegError:
        pass  # damaged from here on: what was decoded may do
    return found or ([] if shown is None else [_candidate(moment, shown)])


def _decoded(packet: "av.Packet[Any]") -> list[object]:
    """Return a packet's frames; a damaged packet has none."""
    try:
        return cast("list[object]", packet.decode())
    except FFmpegError:
        return []


def _candidate(second: float, frame: av.VideoFrame) -> _Candidate:
    small = frame.reformat(width=_SMALL[0], height=_SMALL[1], format="gray")
    return _Candidate(max(second, 0.0), frame, small.to_ndarray().astype(np.int16))


def _best(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Return the sharpest of the first frames that show the same, or of all where none do."""
    run: list[_Candidate] = []
    for one in candidates:
        if run and _changed(run[-1].small, one.small) > _SETTLED:
            if len(run) > 1:
                break
            run = []
        run.append(one)
    settled = run if len(run) > 1 else candidates
    visible = [one for one in settled if float(one.small.std()) >= _BLANK]
    return max(visible, key=lambda one: _sharpness(one.frame), default=None)


def _changed(one: Grey, other: Grey) -> float:
    """Return the share of pixels that differ between two greys of shape (90, 160)."""
    return float(np.mean(np.abs(one - other) > _DIFFERENCE))


def _sharpness(frame: av.VideoFrame) -> float:
    """Return the variance of the picture's Laplacian: the larger, the sharper its edges."""
    grey = frame.reformat(format="gray").to_ndarray().astype(np.float32)
    edges = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1]
    edges -= grey[1:-1, :-2] + grey[1:-1, 2:]
    return float(edges.var())


def _webp(frame: av.VideoFrame) -> bytes:
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    if frame.rotation:  # a phone held upright
        image = image.rotate(frame.rotation, expand=True)
    if image.width > WIDTH:
        height = max(1, round(image.height * WIDTH / image.width))
        image = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()
