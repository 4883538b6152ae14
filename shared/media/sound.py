"""Reads a sound track as mono samples, each at its own time, whatever changes on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from shared.media.clock import Clock, decode, read_packets, second_of
from shared.media.frames import open_at
from shared.media.tracks import MediaFile

RATE = 16_000  # samples a second
_EARLIER = 1.0  # seconds before the start from which is decoded, so that codecs have settled
_LATER = 2.0  # seconds of packets read past the end, for packets out of order
_GAP = 0.05  # seconds between two frames from which silence is put between them
_MEMORY = 0.9  # of a channel's energy that stays, a frame
_CANCELLED = 0.05  # share of the channels' energy that their sum has where they cancel each other
# What samples are, by FFmpeg's name of their format.
_KINDS: dict[str, type[np.generic]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "s64": np.int64,
    "flt": np.float32,
    "dbl": np.float64,
}

Samples = NDArray[np.float32]


def read_sound(
    source: Path | str, media: MediaFile, track: int, start: float, end: float
) -> Samples:
    """Return the sound of a track from `start` to `end` (seconds): shape (samples,), 16 kHz.

    Values are from -1 to 1. `track` is the stream's index. What has no sound is zeros.
    """
    return read_sound_and_gaps(source, media, track, start, end)[0]


def read_sound_and_gaps(
    source: Path | str, media: MediaFile, track: int, start: float, end: float
) -> tuple[Samples, list[tuple[float, float]]]:
    """Return the sound as `read_sound` does, and from when to when it has none in between.

    There packets are missing or cannot be decoded. What is before the first and after the last
    sound is no gap.
    """
    sound = np.zeros(max(0, round((end - start) * RATE)), np.float32)
    gaps: list[tuple[float, float]] = []
    offset, expected = 0, None
    for second, samples in stream_sound(source, media, track, start, end):
        if expected is None or abs(second - expected) > _GAP:
            if expected is not None and start <= expected < second <= end:
                gaps.append((expected, second))
            offset = round((second - start) * RATE)
        low, high = max(offset, 0), min(offset + len(samples), len(sound))
        if low < high:
            sound[low:high] = samples[low - offset : high - offset]
        offset += len(samples)
        expected = start + offset / RATE
    return sound, gaps


def stream_sound(
    source: Path | str, media: MediaFile, track: int, start: float, end: float
) -> Iterator[tuple[float, Samples]]:
    """Yield (second, samples) of a track from `start` to `end`, in pieces; mono at 16 kHz."""
    with open_at(source, media, track, start - _EARLIER) as (container, stream):
        clock = Clock(media.origin, restarts=media.restarts)
        resampling = _Resampling()
        for second, packet in read_packets(container, [stream], clock):
            if second > end + _LATER:
                break
            for frame in decode(packet):
                moment = second_of(frame, stream, second)
                # By its end: a packet of some codecs (WavPack) holds several seconds.
                if moment + frame.samples / frame.sample_rate >= start - _EARLIER:
                    yield from resampling.add(moment, frame)
        yield from resampling.flush()


class _Resampling:
    """Brings frames to mono at 16 kHz; begins anew where rate changes, or sound is missing."""

    def __init__(self) -> None:
        self._resampler: av.AudioResampler | None = None
        self._rate = 0
        self._begins = 0.0  # seconds, of what the resampler has been given
        self._given = 0  # samples, at the frames' own rate
        self._made = 0  # samples at 16 kHz
        self._mixer = _Mixer()

    def add(self, second: float, frame: av.AudioFrame) -> Iterator[tuple[float, Samples]]:
        try:
            mono = self._mixer.mix(frame)
        except ValueError:  # a frame whose data do not fit its own description
            return
        expected = self._begins + self._given / self._rate if self._rate else None
        if frame.sample_rate != self._rate or expected is None or abs(second - expected) > _GAP:
            yield from self.flush()
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            self._rate, self._begins, self._given, self._made = frame.sample_rate, second, 0, 0
        if self._resampler is None:
            raise AssertionError
        whole = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(mono).reshape(1, -1), format="flt", layout="mono"
        )
        whole.sample_rate = frame.sample_rate
        whole.pts = None
        self._given += mono.size
        yield from self._out(self._resampler.resample(whole))

    def flush(self) -> Iterator[tuple[float, Samples]]:
        if self._resampler is not None and self._given:
            yield from self._out(self._resampler.resample(None))
        self._resampler = None

    def _out(self, frames: list[av.AudioFrame]) -> Iterator[tuple[float, Samples]]:
        for one in frames:
            samples = one.to_ndarray().reshape(-1).astype(np.float32)
            yield self._begins + self._made / RATE, samples
            self._made += len(samples)


class _Mixer:
    """Makes one channel of many so that nothing said on any of them is lost.

    Channels are added up, whatever they are called or however many there are. Where they cancel
    each other (a microphone of opposite phase) the loudest is taken instead.
    """

    def __init__(self) -> None:
        self._energy = np.zeros(0)
        self._sum = 0.0

    def mix(self, frame: av.AudioFrame) -> Samples:
        channels = _channels(frame)
        if len(channels) == 1:
            return cast("Samples", channels[0])
        energy = np.square(channels, dtype=np.float64).sum(axis=1)
        total = channels.sum(axis=0)
        if len(self._energy) != len(channels):
            self._energy, self._sum = energy, float(np.square(total, dtype=np.float64).sum())
        else:
            self._energy = _MEMORY * self._energy + energy
            self._sum = _MEMORY * self._sum + float(np.square(total, dtype=np.float64).sum())
        together = float(self._energy.sum())
        if self._sum < _CANCELLED * together:
            return cast("Samples", channels[int(self._energy.argmax())])
        # As loud as the channels are: those that are silent do not make the others quieter.
        sounding = max(1.0, together / max(float(self._energy.max()), 1e-12))
        return cast("Samples", np.clip(total / sounding, -1.0, 1.0).astype(np.float32))


def _channels(frame: av.AudioFrame) -> Samples:
    """Return a frame's samples: shape (channels, samples), values from -1 to 1."""
    count = frame.layout.nb_channels or 1
    kind = _KINDS[frame.format.name.removesuffix("p")]
    data: NDArray[Any]
    planes: Any = frame.planes  # buffers, which their types do not say
    if frame.format.is_planar:
        # Not PyAV's `to_ndarray`: of eight or more planes, it reads what lies behind the last one.
        data = np.stack([np.frombuffer(one, kind, frame.samples) for one in planes[:count]])
    else:
        data = np.frombuffer(planes[0], kind, frame.samples * count).reshape(-1, count).T
    if data.dtype.kind == "f":
        return cast("Samples", np.nan_to_num(data.astype(np.float32)))
    if data.dtype == np.uint8:
        return cast("Samples", (data.astype(np.float32) - 128) / 128)
    return cast("Samples", data.astype(np.float32) / float(-np.iinfo(data.dtype).min))
