"""Writes recordings with PyAV: a card that counts the seconds, and a voice that says one sentence.

The voice is the beginning of the project's sample: it begins to speak `FIRST` seconds after the
sound begins, and ends at `LAST`.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from tests.media.drawing import SIZE, draw

RATE = 16_000  # samples a second, of the voice
SECONDS = 6.0  # of an ordinary recording
FIRST, LAST = 1.15, 4.85  # seconds of the voice's first and last sound
WORDS = "welcome in this video we will create a new project"
_SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "sample.mp4"
_LEAD = 1.0  # seconds of silence before the sample's beginning
_SPOKEN = 3.95  # seconds of the sample that are taken
_ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&Hffffff,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""  # in which FFmpeg keeps all text
_UNMARKED = Disposition(0)
_CHUNK = 1000  # samples given to an encoder at once

Samples = NDArray[np.float32]
Sent = list[tuple[float, Any]]  # (second, packet), to be interleaved


@lru_cache(maxsize=1)
def _sample() -> Samples:
    with av.open(str(_SAMPLE)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        pieces = [
            piece.to_ndarray().reshape(-1)
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(pieces).astype(np.float32)


def voice(seconds: float = SECONDS) -> Samples:
    """Return the sentence between silences: shape (samples,), -1 to 1, at `RATE`."""
    said = _sample()[: round(_SPOKEN * RATE)] * 4  # the sample is quiet
    whole = np.zeros(round(seconds * RATE), np.float32)
    end = min(len(whole), round(_LEAD * RATE) + len(said))
    whole[round(_LEAD * RATE) : end] = said[: max(0, end - round(_LEAD * RATE))]
    return whole


def silence(seconds: float = SECONDS) -> Samples:
    """Return so much silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, loudness: float) -> Samples:
    """Return noise that is always the same."""
    chance = np.random.default_rng(1)
    return (chance.uniform(-loudness, loudness, round(seconds * RATE))).astype(np.float32)


@dataclass(frozen=True)
class Track:
    """What every track has; `marks` is its disposition."""

    language: str = ""
    title: str = ""
    marks: Disposition = _UNMARKED
    starts: float = 0.0  # seconds
    notes: Mapping[str, str] = field(default_factory=dict)  # more of its metadata

    def label(self, stream: Any) -> Any:
        """Mark a stream as this track is marked."""
        if self.language:
            stream.metadata["language"] = self.language
        if self.title:
            stream.metadata["title"] = self.title
        for name, value in self.notes.items():
            stream.metadata[name] = value
        stream.disposition = self.marks
        return stream


@dataclass(frozen=True)
class Picture(Track):
    """A moving picture. `turn` makes the stored picture of the shown one; `matrix` undoes it."""

    codec: str = "libx264"
    size: tuple[int, int] = SIZE
    rate: Fraction = Fraction(5)
    seconds: float = SECONDS
    times: Sequence[float] = ()  # seconds of the frames, in place of `rate`
    form: str = "yuv420p"
    pixel: Fraction = Fraction(1)  # width to height
    turn: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda picture: picture
    matrix: Sequence[int] = ()
    draw: Callable[[int, tuple[int, int]], NDArray[np.uint8]] = draw
    options: Mapping[str, str] = field(default_factory=dict)
    colours: tuple[int, int] = (5, 1)  # of FFmpeg: BT.470BG, limited range

    def open(self, container: Any) -> Any:
        """Add the stream."""
        ready = {"preset": "ultrafast"} if self.codec in {"libx264", "libx265"} else {}
        if self.codec == "libx265":
            ready["x265-params"] = "log-level=error"
        stream = container.add_stream(self.codec, rate=self.rate, options={**ready, **self.options})
        height, width = self.turn(self.draw(0, self.size)).shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, self.form
        stream.codec_context.sample_aspect_ratio = self.pixel
        if self.form.startswith("yuv"):
            stream.codec_context.colorspace, stream.codec_context.color_range = self.colours
        if self.matrix:
            stream.set_display_matrix(self.matrix)
        return self.label(stream)

    def encode(self, stream: Any) -> Sent:
        """Return the packets."""
        count = max(1, round(self.seconds * self.rate))
        times = self.times or [float(n / self.rate) for n in range(count)]
        base = Fraction(1, 1000) if self.times else 1 / self.rate
        sent: Sent = []
        for time in times:
            picture = np.ascontiguousarray(self.turn(self.draw(int(time + 1e-6), self.size)))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format=self.form,
                dst_colorspace=self.colours[0] if self.form.startswith("yuv") else None,
                dst_color_range=self.colours[1] if self.form.startswith("yuv") else None,
            )
            frame.pts, frame.time_base = round((time + self.starts) / base), base
            sent += _timed(stream.encode(frame))
        return sent + _timed(stream.encode(None))


@dataclass(frozen=True)
class Sound(Track):
    """A sound track of `channels`: each the samples of one channel at `RATE`."""

    codec: str = "aac"
    rate: int = RATE
    layout: str = "mono"
    channels: Sequence[Samples] = field(default_factory=lambda: (voice(),))
    options: Mapping[str, str] = field(default_factory=dict)
    bit_rate: int = 0

    def open(self, container: Any) -> Any:
        """Add the stream."""
        stream = container.add_stream(
            self.codec, rate=self.rate, layout=self.layout, options=dict(self.options)
        )
        if self.bit_rate:
            stream.bit_rate = self.bit_rate
        return self.label(stream)

    def encode(self, stream: Any) -> Sent:
        """Return the packets."""
        whole = np.stack([resample(one, self.rate) for one in self.channels])
        sent: Sent = []
        for at in range(0, whole.shape[1], _CHUNK):
            piece = np.ascontiguousarray(whole[:, at : at + _CHUNK].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=self.layout)
            frame.sample_rate, frame.time_base = self.rate, Fraction(1, self.rate)
            frame.pts = at + round(self.starts * self.rate)
            sent += _timed(stream.encode(frame))
        return sent + _timed(stream.encode(None))


@dataclass(frozen=True)
class Text(Track):
    """A track of subtitles; `cues` are (start, end, what is written in the packet)."""

    codec: str = "srt"
    cues: Sequence[tuple[float, float, str | bytes]] = ((1.1, 4.8, "Welcome to the project."),)
    header: str = _ASS

    def open(self, container: Any) -> Any:
        """Add the stream."""
        stream = container.add_stream(self.codec)
        stream.codec_context.subtitle_header = self.header.encode()
        return self.label(stream)

    def encode(self, stream: Any) -> Sent:
        """Return the packets."""
        return [
            (start, _cue(self.codec, stream, start, end, said)) for start, end, said in self.cues
        ]


def _cue(codec: str, stream: Any, start: float, end: float, said: str | bytes) -> Any:
    data = said.encode() if isinstance(said, str) else said
    if codec == "mov_text":
        data = len(data).to_bytes(2, "big") + data
    packet: Any = av.Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = round(start * 1000)
    packet.duration = round((end - start) * 1000)
    packet.is_keyframe = True
    return packet


@dataclass(frozen=True)
class Cover(Track):
    """A still picture that stands for the whole recording."""

    marks: Disposition = Disposition.attached_pic
    title: str = "Cover"

    def open(self, container: Any) -> Any:
        """Add the stream."""
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        return self.label(stream)

    def encode(self, stream: Any) -> Sent:
        """Return the one packet."""
        red = np.zeros((64, 64, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
        frame = av.VideoFrame.from_ndarray(red, format="rgb24").reformat(format="yuvj420p")
        frame.pts = 0
        return _timed([*stream.encode(frame), *stream.encode(None)])


@dataclass(frozen=True)
class Attachment:
    """A file within a Matroska file, such as a cover or a font."""

    name: str
    kind: str  # a MIME type
    data: bytes

    def open(self, container: Any) -> None:
        """Add the file."""
        container.add_attachment(self.name, self.kind, self.data)

    def encode(self, _: Any) -> Sent:
        """Return nothing: it has no packets."""
        return []


class _Pipe:
    """A file that cannot be sought, such as another program's input."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._file.close()


@contextmanager
def _as_usual() -> Iterator[None]:
    """Give this process its ordinary priority back.

    SVT-AV1 makes a process of root's, and all that it starts later, a real-time one: nothing else
    would run beside the tests.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def write(path: Path, *tracks: Any, form: str = "", piped: bool = False, **options: str) -> Path:
    """Write a file of these tracks; `options` are the muxer's. `piped` never goes back in it."""
    pipe: Any = _Pipe(path) if piped else None
    with (
        _as_usual(),
        pipe or nullcontext(),
        av.open(pipe or str(path), "w", format=form or None, options=options) as container,
    ):
        streams = [track.open(container) for track in tracks]
        sent = [
            one
            for track, stream in zip(tracks, streams, strict=True)
            for one in track.encode(stream)
        ]
        for _, packet in sorted(sent, key=lambda one: one[0]):
            container.mux(packet)
    return path


def _timed(packets: Sequence[Any]) -> Sent:
    return [(float(one.dts * one.time_base), one) for one in packets]


def resample(samples: Samples, rate: int) -> Samples:
    """Return samples at another rate."""
    if rate == RATE:
        return samples
    count = round(len(samples) * rate / RATE)
    places = np.arange(count) * RATE / rate
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
