"""Puts a file's packets on one clock that begins at 0 and never starts anew.

Recordings that were joined byte by byte (MPEG-TS) begin their timestamps again in the middle; some
packets have only one of the two timestamps, or none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

BACK = 1.0  # seconds by which a stream's timestamps go back where they start anew
AHEAD = 60.0  # seconds by which they jump ahead there; a shorter jump is a gap
_ADTS_SAMPLES = 1024  # of a block of AAC
# By their number in an ADTS header.
_ADTS_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_MOST_ERRORS = 1000  # unreadable places in a row, after which the rest is given up


@dataclass(slots=True)
class Clock:
    """Rewrites timestamps; `origin` is the second of the file's own clock that becomes 0.

    `restarts` says that timestamps may start anew: then the file has to be read from its beginning.
    """

    origin: float
    restarts: bool = False
    end: float = 0.0  # seconds: the latest end of a packet so far
    restarted: int = 0  # how often timestamps began anew so far
    _rate: int = 0  # samples a second of the last packet, where its header states them
    _shifts: list[float] = field(default_factory=list)  # seconds to add, by piece
    _piece: dict[int, int] = field(default_factory=dict)  # of each stream
    _last: dict[int, float] = field(default_factory=dict)  # seconds of each stream's last packet

    def __post_init__(self) -> None:
        self._shifts.append(-self.origin)

    def place(self, packet: Any) -> float:
        """Put a packet's timestamps on the clock, and return its second; it needs a time base."""
        stream, base = packet.stream_index, packet.time_base
        stamp = packet.dts if packet.dts is not None else packet.pts
        length = float((packet.duration or 0) * base)
        if stamp is None:
            # Sound and pictures without any time follow one another.
            second = self._last.get(stream, 0.0)
            packet.pts = packet.dts = round(second / base)
        else:
            own = float(stamp * base)
            begins = own if packet.pts is None else float(packet.pts * base)
            shift = self._shifts[self._piece_of(stream, own, begins)]
            offset = round(shift / base)
            packet.pts = None if packet.pts is None else packet.pts + offset
            packet.dts = None if packet.dts is None else packet.dts + offset
            second = own + shift
        shown = second if packet.pts is None else float(packet.pts * base)
        self._last[stream] = second + length if stamp is None else second
        self.end = max(self.end, shown + length)
        return shown

    def time_by_header(self, packet: Any) -> None:
        """Take a packet's times away, and its length from its own ADTS header.

        FFmpeg counts all of a file's packets at the rate of the first one. A rate that changes
        counts as a clock that starts anew.
        """
        head = bytes(packet)[:7]
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF0 != 0xF0:  # noqa: PLR2004 - its mark
            return
        number = head[2] >> 2 & 0xF
        if number >= len(_ADTS_RATES):
            return
        rate = _ADTS_RATES[number]
        if self._rate not in {0, rate}:
            self.restarted += 1
        self._rate = rate
        packet.pts = packet.dts = None
        packet.duration = round(_ADTS_SAMPLES * ((head[6] & 3) + 1) / rate / packet.time_base)

    def _piece_of(self, stream: int, own: float, begins: float) -> int:
        """Return the piece of a packet that is decoded at `own` and shown at `begins`, seconds."""
        piece = self._piece.setdefault(stream, 0)
        last = self._last.get(stream)
        if not self.restarts or last is None:
            return piece
        second = own + self._shifts[piece]
        if last - BACK <= second <= max(last, self.end) + AHEAD:
            return piece
        piece += 1
        if piece == len(self._shifts):
            self._shifts.append(self.end - begins)
            self.restarted += 1
        self._piece[stream] = piece
        return piece


def read_packets(
    container: InputContainer, streams: Sequence[Stream], clock: Clock
) -> Iterator[tuple[float, Any]]:
    """Yield (second, packet) with the packet's timestamps on the clock, then a packet that flushes.

    The flushing packets (one a stream, without data) have the second at which the file ends. A
    place that cannot be read costs that place only.
    """
    packets = container.demux(list(streams))
    retimed = container.format.name == "aac" and clock.restarts
    errors = 0
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError:
            errors += 1
            if errors > _MOST_ERRORS:
                return
            packets = container.demux(list(streams))
            continue
        if packet.size == 0 and packet.pts is None and packet.dts is None:
            yield clock.end, packet
        elif packet.time_base is not None:
            errors = 0
            if retimed:
                clock.time_by_header(packet)
            yield clock.place(packet), packet


def decode(packet: Any) -> list[Any]:
    """Return a packet's frames; one that cannot be decoded has none."""
    try:
        return list(packet.decode())
    except (FFmpegError, ValueError):
        return []


def second_of(frame: Any, stream: Any, otherwise: float) -> float:
    """Return the second of a frame on the packets' clock; `otherwise` where it has no timestamp.

    What comes out at a decoder's end has no time base of its own: then the stream's holds.
    """
    base = frame.time_base or stream.time_base
    return otherwise if frame.pts is None or not base else float(frame.pts * base)
