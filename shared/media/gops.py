"""Groups a picture's packets by where decoding can begin (a GOP, a group of pictures)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from shared.media.clock import Clock, read_packets

_MOST_PACKETS = 600  # of one group; what is longer comes in pieces, so that memory stays flat
_MOST_BYTES = 32 * 1024 * 1024
_LOUD = 80  # percentile of packets' sizes: above it are those that stand out
_CUT = 3.0  # times that size, from which a packet of a moving picture may hold a cut
_FLASH = 8.0  # times that size, from which a packet of a still picture may
_FLASH_OF_KEY = 0.25  # share of the keyframe's size that it has at least
_MOVING = 0.01  # share of the keyframe's size that a packet of a moving picture has at least
_PART = 0.5  # seconds: in steady motion each such part takes about as many bytes
_UNEVEN = 4.0


@dataclass(slots=True)
class Gop:
    """Packets with their seconds, in the order in which they are decoded.

    `begins` says that the first is a keyframe; else they continue the group before.
    """

    start: float
    begins: bool
    packets: list[tuple[float, Any]] = field(default_factory=list)
    size: int = 0  # bytes

    def add(self, second: float, packet: Any) -> None:
        """Append a packet."""
        self.packets.append((second, packet))
        self.size += packet.size

    @property
    def is_full(self) -> bool:
        """Tell whether what follows comes as another piece."""
        return len(self.packets) >= _MOST_PACKETS or self.size >= _MOST_BYTES

    @property
    def rate(self) -> float:
        """Packets a second."""
        span = max(second for second, _ in self.packets) - self.start
        return len(self.packets) / span if span > 0 else 0.0

    def _later(self) -> list[int]:
        return [packet.size for _, packet in self.packets[1:]]

    def may_flash(self) -> bool:
        """Tell by the sizes alone whether a picture may come, and go before the next keyframe."""
        sizes = self._later()
        if not sizes:
            return False
        usual = float(np.percentile(sizes, _LOUD)) if len(sizes) > 1 else 0.0
        key = self.packets[0][1].size
        return max(sizes) >= max(_FLASH * usual, _FLASH_OF_KEY * key)

    def is_steady(self) -> bool:
        """Tell by the sizes alone whether all of it moves alike, without a cut or a rest."""
        sizes = self._later()
        usual = float(np.percentile(sizes, _LOUD)) if sizes else 0.0
        if usual < _MOVING * self.packets[0][1].size or max(sizes) >= _CUT * usual:
            return False
        parts: dict[int, int] = {}
        for second, packet in self.packets[1:]:
            part = int((second - self.start) / _PART)
            parts[part] = parts.get(part, 0) + packet.size
        whole = [parts.get(n, 0) for n in range(max(parts))]  # the last part is not whole
        return bool(whole) and min(whole) * _UNEVEN >= float(np.median(whole))

    def nothing_after(self, number: int) -> bool:
        """Tell by the sizes alone whether the packets after one hold no other picture."""
        rest = [packet.size for _, packet in self.packets[number + 1 :]]
        return not rest or max(rest) < _FLASH_OF_KEY * self.packets[0][1].size


def read_gops(
    container: InputContainer, stream: Any, clock: Clock, shortest: float = 0.0
) -> Iterator[tuple[Gop, Gop | None]]:
    """Yield each group, and of the one after it the first packet (none after the last).

    Groups shorter than `shortest` seconds are put together.
    """
    current: Gop | None = None
    for second, packet in read_packets(container, [stream], clock):
        if not packet.size:
            continue
        fresh = packet.is_keyframe and (
            current is None or not current.begins or second - current.start >= shortest
        )
        if current is None:
            current = Gop(second, packet.is_keyframe)
        elif fresh or current.is_full:
            following = Gop(second, packet.is_keyframe)
            following.add(second, packet)
            yield current, following
            current = following
            continue
        current.add(second, packet)
    if current is not None:
        yield current, None


def decode_with(context: Any, packet: Any) -> Sequence[av.VideoFrame]:
    """Return the frames that a decoder gives for a packet, or at its end (none as packet)."""
    try:
        return [one for one in context.decode(packet) if isinstance(one, av.VideoFrame)]
    except (FFmpegError, ValueError):
        return []


def second_of(frame: Any, second: float, packet: Any) -> float:
    """Return a frame's second; one without a timestamp has that of the packet given last."""
    # What comes out at a decoder's end has no time base of its own.
    return second if frame.pts is None else float(frame.pts * packet.time_base)


def decode_gop(context: Any, gop: Gop, following: Gop | None) -> Iterator[tuple[int, float, Any]]:
    """Yield (number of the packet given last, second, frame) of a group.

    A group that continues another one is decoded after that, by the same decoder.
    """
    if gop.begins:
        context.flush_buffers()
    for number, (second, packet) in enumerate(gop.packets):
        for frame in decode_with(context, packet):
            yield number, second_of(frame, second, packet), frame
    if following is None or following.begins:
        second, packet = gop.packets[-1]
        for frame in decode_with(context, None):
            yield len(gop.packets) - 1, second_of(frame, second, packet), frame
        context.flush_buffers()
