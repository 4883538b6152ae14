"""Reads videos with PyAV: what is inside, subtitles, sound and slide changes.

Times are seconds from the start of the file's own clock, so a file whose first
timestamp is not zero still starts at 0.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.subtitles.subtitle import AssSubtitle
from numpy.typing import NDArray
from PIL import Image

from services.transcriber.ports import Look
from shared.errors import DocreelError

RATE = 16_000
SMALL = (160, 90)
DIFFERENCE = 18
SHARE = 0.02
FINE = (320, 180)
FINE_SHARE = 0.0002  # of the pixels: a digit of a slide's text, or more
REST = 1.0  # seconds that a picture stands still before it can be read
# ASS: ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text
ASS_FIELDS = 8
OVERRIDE = re.compile(r"\{\\[^}]*\}")
SLACK = 1.0  # seconds of packets read past the window, for frames out of order


class NotAVideo(DocreelError):  # noqa: N818 - the name says what the file is
    """The file is empty, damaged or not audio or video at all."""


@dataclass(frozen=True)
class Probe:
    """What a file holds; `duration` in seconds, `subtitles` the tracks' languages in order."""

    duration: float
    has_audio: bool
    has_video: bool
    subtitles: tuple[str, ...]


@dataclass(frozen=True)
class Cue:
    """One subtitle; `start` and `end` in seconds."""

    start: float
    end: float
    text: str


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        container = av.open(str(path), "r")
    except (FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path.name} is not a readable video ({path.stat().st_size} bytes): {reason}"
        raise NotAVideo(message) from error
    try:
        with container:
            if _is_no_recording(container.format.name):
                message = f"{path.name} is {container.format.long_name}, not a video"
                raise NotAVideo(message)
            yield container
    except FFmpegError as error:
        message = f"{path.name} is damaged: {error.strerror}"
        raise NotAVideo(message) from error


def _is_no_recording(demuxer: str) -> bool:
    """Tell FFmpeg's readers of text (as a terminal's picture) and of still pictures."""
    return demuxer in {"tty", "bin", "image2"} or demuxer.endswith("_pipe")


def _origin(container: InputContainer) -> float:
    return (container.start_time or 0) / av.time_base


def _seek(container: InputContainer, start: float) -> None:
    if start > 0:
        container.seek(int((_origin(container) + start) * av.time_base))


def probe(path: Path) -> Probe:
    """Return what the file holds; `NotAVideo` where there is neither sound nor picture."""
    with _opened(path) as container:
        streams = container.streams
        if not streams.audio and not streams.video:
            message = f"{path.name} holds neither audio nor video"
            raise NotAVideo(message)
        if container.duration is not None:
            duration = container.duration / av.time_base
        else:
            duration = _measured(container)
        return Probe(
            duration=duration,
            has_audio=bool(streams.audio),
            has_video=bool(streams.video),
            subtitles=tuple(track.metadata.get("language", "und") for track in streams.subtitles),
        )


async def look(path: Path) -> Look:
    """See `services.transcriber.ports.Looking`; raises as `probe` does."""
    return await asyncio.to_thread(lambda: Look(probe(path).duration, _sha256(path)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _measured(container: InputContainer) -> float:
    """Return the end of the last packet in seconds, for files that do not state a duration."""
    last = 0.0
    for packet in container.demux():
        if packet.pts is not None and packet.time_base is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            last = max(last, float(end) - _origin(container))
    return last


def embedded_subtitles(path: Path, track: int = 0) -> list[Cue]:
    """Return the cues of a text track, ordered; empty where there is none or it is pictures."""
    with _opened(path) as container:
        if track >= len(container.streams.subtitles):
            return []
        stream = container.streams.subtitles[track]
        origin = _origin(container)
        cues: list[Cue] = []
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            start = float(packet.pts * packet.time_base) - origin
            length = float((packet.duration or 0) * packet.time_base)
            texts = [_plain(each) for each in stream.decode(packet)]
            text = "\n".join(each for each in texts if each)
            if text:
                cues.append(Cue(start, start + length, text))
        return sorted(cues, key=lambda cue: (cue.start, cue.end))


def _plain(subtitle: object) -> str:
    if not isinstance(subtitle, AssSubtitle):
        return ""
    line = subtitle.ass.decode("utf-8", "replace")
    text = line.split(",", ASS_FIELDS)[-1] if line.count(",") >= ASS_FIELDS else line
    return OVERRIDE.sub("", text).replace(r"\N", "\n").replace(r"\n", "\n").strip()


def audio_16k(path: Path, start: float, end: float) -> NDArray[np.int16]:
    """Return the sound from `start` to `end` (seconds): int16 mono of shape (samples,), 16 kHz.

    Each sample stands where its timestamp says; gaps are zeros. Shape (0,) without audio.
    """
    with _opened(path) as container:
        if not container.streams.audio or end <= start:
            return np.zeros(0, dtype=np.int16)
        sound = np.zeros(round((end - start) * RATE), dtype=np.int16)
        stream = container.streams.audio[0]
        _seek(container, start)
        origin = _origin(container)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        expected: float | None = None
        offset = 0
        for packet in container.demux(stream):
            for frame in _decoded(packet):
                if not isinstance(frame, av.AudioFrame) or frame.time is None:
                    continue
                moment = frame.time - origin
                if moment > end + SLACK:
                    return sound
                if expected is None or abs(moment - expected) > 2 / RATE + 0.01:
                    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
                    offset = round((moment - start) * RATE)
                expected = moment + frame.samples / frame.sample_rate
                frame.pts = None
                for piece in resampler.resample(frame):
                    offset = _place(sound, piece.to_ndarray().reshape(-1).astype(np.int16), offset)
        return sound


def _place(sound: NDArray[np.int16], samples: NDArray[np.int16], offset: int) -> int:
    """Copy what falls inside `sound`, both int16 of shape (samples,); return the next offset."""
    after = offset + len(samples)
    low, high = max(offset, 0), min(after, len(sound))
    if low < high:
        sound[low:high] = samples[low - offset : high - offset]
    return after


def _decoded(packet: "av.Packet[Any]") -> list[object]:
    """Return a packet's frames; a damaged packet has none."""
    try:
        return cast("list[object]", packet.decode())
    except FFmpegError:
        return []


def _frames(path: Path, start: float, end: float) -> Iterator[tuple[float, av.VideoFrame]]:
    with _opened(path) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        _seek(container, start)
        origin = _origin(container)
        for packet in container.demux(stream):
            for frame in _decoded(packet):
                if not isinstance(frame, av.VideoFrame) or frame.time is None:
                    continue
                moment = frame.time - origin
                if moment >= end:
                    return
                yield moment, frame


def slide_changes(path: Path, start: float, end: float) -> list[float]:
    """Return when the picture changes between `start` and `end`, in seconds, ordered.

    Frames are compared as 160x90 grey; a change is a difference above 18 on more than 2 %
    of the pixels. Changes at `start` itself are not counted.
    """
    changes: list[float] = []
    before: NDArray[np.int16] | None = None
    for moment, frame in _frames(path, start, end):
        small = frame.reformat(width=SMALL[0], height=SMALL[1], format="gray")
        grey = small.to_ndarray().astype(np.int16)
        if before is not None and moment > start:
            share = float(np.mean(np.abs(grey - before) > DIFFERENCE))
            if share > SHARE:
                changes.append(moment)
        before = grey
    return changes


def still_changes(path: Path, start: float, end: float) -> list[float]:
    """Return when pictures begin that stand still and are others than those before, in seconds.

    As `slide_changes`, but with an eye for one digit: frames are compared as 320x180 grey, and a
    picture counts once it has stood for a second.
    """
    changes: list[float] = []
    settled: NDArray[np.int16] | None = None
    shown: NDArray[np.int16] | None = None
    since = start

    def settle(until: float) -> None:
        nonlocal settled
        if shown is None or until - since < REST or not _differ(shown, settled):
            return
        if since > start and changes[-1:] != [since]:
            changes.append(since)
        settled = shown

    first = True
    for moment, frame in _frames(path, start, end):
        if moment < start:
            continue
        small = frame.reformat(width=FINE[0], height=FINE[1], format="gray")
        grey = small.to_ndarray().astype(np.int16)
        if _differ(grey, shown):
            settle(moment)
            shown, since = grey, start if first else moment
        first = False
    settle(end)
    return changes


def _differ(grey: NDArray[np.int16], before: NDArray[np.int16] | None) -> bool:
    if before is None:
        return True
    return float(np.mean(np.abs(grey - before) > DIFFERENCE)) > FINE_SHARE


def frame_at(path: Path, moment: float) -> Image.Image | None:
    """Return the RGB picture shown at `moment` (seconds), or None without one."""
    shown: av.VideoFrame | None = None
    for _, frame in _frames(path, moment, moment + 0.001):
        shown = frame
    return None if shown is None else Image.fromarray(shown.to_ndarray(format="rgb24"))
