"""Changes a file's bytes, where no muxer makes what is wanted."""

import struct
from pathlib import Path

_CUES, _VOID = b"\x1c\x53\xbb\x6b", 0xEC
_CLUSTER = b"\x1f\x43\xb6\x75"
_DURATION = b"\x44\x89\x88"  # a double


def keep(path: Path, share: float) -> None:
    """Cut a file off after a share of it."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


def replace(path: Path, old: bytes, new: bytes, nth: int = 0) -> None:
    """Put `new` in the place of the nth `old`, which has to be there and as long."""
    assert len(old) == len(new)
    whole = path.read_bytes()
    at = -1
    for _ in range(nth + 1):
        at = whole.index(old, at + 1)
    path.write_bytes(whole[:at] + new + whole[at + len(old) :])


def state_duration(path: Path, seconds: float) -> None:
    """Write another duration into a Matroska file's header."""
    whole = path.read_bytes()
    at = whole.index(_DURATION) + len(_DURATION)
    path.write_bytes(whole[:at] + struct.pack(">d", seconds * 1000) + whole[at + 8 :])


def drop_duration(path: Path) -> None:
    """Take the duration out of a Matroska file's header."""
    whole = path.read_bytes()
    at = whole.index(_DURATION)
    void = bytes([_VOID, 0x80 | 9]) + bytes(9)
    path.write_bytes(whole[:at] + void + whole[at + 11 :])


def drop_cues(path: Path) -> None:
    """Take the index out of a Matroska file."""
    whole = path.read_bytes()
    at = whole.rindex(_CUES)
    size = len(whole) - at - 2
    assert size < 0x3FFF
    path.write_bytes(whole[:at] + bytes([_VOID, 0x40 | size >> 8, size & 0xFF]) + bytes(size - 1))


def open_clusters(path: Path) -> None:
    """Make the size of each of a Matroska file's clusters unknown: all of its bits are set."""
    pieces = path.read_bytes().split(_CLUSTER)
    for n, piece in enumerate(pieces[1:], 1):
        length = 9 - piece[0].bit_length()
        pieces[n] = bytes([0xFF >> length - 1, *b"\xff" * (length - 1)]) + piece[length:]
    path.write_bytes(_CLUSTER.join(pieces))


def entry(data: bytes, name: bytes, nth: int = 0) -> int:
    """Return where the nth sample entry of a name is in an MP4's header."""
    found = [at for at in _places(data, name) if b"stsd" in data[max(0, at - 24) : at]]
    return found[nth]


def _places(data: bytes, name: bytes) -> list[int]:
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


def spoil_entry(path: Path, name: bytes, new: bytes, inner: bytes, nth: int = 0) -> None:
    """Rename an MP4's sample entry and the box within, so that no decoder is known for it."""
    data = bytearray(path.read_bytes())
    at = entry(bytes(data), name, nth)
    data[at : at + 4] = new
    within = bytes(data).find(inner, at)
    data[within : within + 4] = b"zzzz"
    path.write_bytes(data)


def repeat_last_track(path: Path, count: int) -> None:
    """Say an MP4's last track so many times; its header has to be the last box of all."""
    whole = path.read_bytes()
    header = whole.rindex(b"moov") - 4
    track = whole.rindex(b"trak") - 4
    size = int.from_bytes(whole[track : track + 4], "big")
    more = whole[track : track + size] * count
    grown = int.from_bytes(whole[header : header + 4], "big") + len(more)
    path.write_bytes(
        whole[:header]
        + grown.to_bytes(4, "big")
        + whole[header + 4 : track + size]
        + more
        + whole[track + size :]
    )


def wav(channels: int, rate: int, samples: bytes, bits: int = 16, mask: int = 0) -> bytes:
    """Return a WAV file of interleaved PCM samples; a mask of 0 names no channel."""
    frame = channels * bits // 8
    kind = bytes.fromhex("0100000000001000800000aa00389b71")
    form = struct.pack(
        "<HHIIHHHHI16s", 0xFFFE, channels, rate, rate * frame, frame, bits, 22, bits, mask, kind
    )
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body
