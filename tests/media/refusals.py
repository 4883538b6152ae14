"""Rows: files that are no recordings, or made to do harm; each is refused, or read, in seconds."""

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tests.media.containers import MP3
from tests.media.drawing import draw
from tests.media.edits import repeat_last_track
from tests.media.making import Picture, Sound, Text, write
from tests.media.rows import Row, heard, refused

_NO_RECORDING = "no recording in a known container"
_UNREADABLE = "cannot be read as a video: it is damaged"
_NOISE = 300_000  # bytes
_PACKET = 188  # bytes of an MPEG-TS
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
_PDF = "%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_HTML = "<!doctype html><title>Sign in</title><p>You are not signed in.</p>"


def _text(said: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(said)


def _noise(count: int = _NOISE) -> bytes:
    return bytes(np.random.default_rng(7).integers(0, 256, count, np.uint8))


def _noise_after(head: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(head + _noise())


def _noisy_ts(path: Path) -> None:
    whole = bytearray(_noise(_PACKET * 2000))
    whole[::_PACKET] = b"\x47" * 2000
    path.write_bytes(whole)


def _noisy_body(path: Path, *tracks: Picture | Sound) -> None:
    """Write a whole header, and noise in the place of all sound and pictures."""
    write(path, *tracks, form="mp4", movflags="faststart")
    whole = path.read_bytes()
    at = whole.index(b"mdat") + 4
    path.write_bytes(whole[:at] + _noise(len(whole) - at))


def _noise_within(path: Path) -> None:
    """Write an ordinary MKV of which every hundredth byte after its header is another."""
    write(path, Picture(options={"g": "5"}), Sound())
    whole = bytearray(path.read_bytes())
    start = whole.index(b"\x1f\x43\xb6\x75")
    chance = _noise(len(whole))
    for at in range(start + 3000, len(whole) - 3000, 997):
        whole[at] = chance[at]
    path.write_bytes(whole)


def _still(path: Path, kind: str) -> None:
    Image.fromarray(draw(0)).save(path, kind)


def _animated(path: Path) -> None:
    first, *others = [Image.fromarray(draw(n)) for n in range(3)]
    first.save(path, "WEBP", save_all=True, append_images=others, duration=1000)


def _zip(path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("film.mp4", _noise(2000))
    path.write_bytes(held.getvalue())


def _many_tracks(path: Path, count: int) -> None:
    write(path, Picture(), Sound())
    repeat_last_track(path, count)


def _nested(path: Path) -> None:
    """Write an MP4 of boxes within boxes, many thousands deep."""
    depth = 20_000
    boxes = b"".join(
        struct.pack(">I4s", 8 * (depth - n), b"moov" if n == 0 else b"trak") for n in range(depth)
    )
    path.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + boxes)


_FTYP = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom")
_MOOV = struct.pack(">I4s", 200_000, b"moov")
_EBML = bytes.fromhex("1a45dfa3934286810142f7810142f2810442f381084282886d6174726f736b61")
_AVI = b"RIFF" + struct.pack("<I", _NOISE) + b"AVI LIST" + struct.pack("<I", 4000) + b"hdrlavih"
TABLE = [
    refused("empty.mp4", lambda path: path.write_bytes(b""), "The file is empty"),
    refused("one_byte.mp4", lambda path: path.write_bytes(b"\0"), _UNREADABLE),
    refused("zeros.mp4", lambda path: path.write_bytes(bytes(100_000)), _UNREADABLE),
    refused("notes.txt", _text("Welcome to the harbor report.\n" * 50), _NO_RECORDING),
    refused("notes.mp4", _text("Welcome to the harbor report.\n" * 50), _UNREADABLE),
    refused("page.mp4", _text(_HTML), _UNREADABLE),
    refused("drawing.mp4", _text(_SVG), _NO_RECORDING),
    refused("paper.mp4", _text(_PDF), _UNREADABLE),
    refused("archive.mp4", _zip, _UNREADABLE),
    refused("still.png", partial(_still, kind="PNG"), _NO_RECORDING),
    refused("still.jpg", partial(_still, kind="JPEG"), _NO_RECORDING),
    refused("still.mp4", partial(_still, kind="JPEG"), _NO_RECORDING),
    refused("still.webp", partial(_still, kind="WEBP"), _NO_RECORDING),
    refused("animated.webp", _animated, _NO_RECORDING),
    refused("cues.srt", _text("1\n00:00:01,000 --> 00:00:02,000\nWelcome.\n"), _NO_RECORDING),
    refused("cues.vtt", _text("WEBVTT\n\n00:01.000 --> 00:02.000\nWelcome.\n"), _NO_RECORDING),
    refused(
        "subtitles_only.mkv", lambda path: write(path, Text()), "no sound and no moving picture"
    ),
    refused(
        "subtitles_only.mp4",
        lambda path: write(path, Text(codec="mov_text")),
        "no sound and no moving picture",
    ),
    refused("noise.bin", _noise_after(b""), _UNREADABLE, hostile=True),
    refused(
        "noise.mp4", _noise_after(_FTYP + _MOOV), "no sound and no moving picture", hostile=True
    ),
    refused(
        "noise.mkv",
        _noise_after(_EBML + b"\x18\x53\x80\x67\x01" + b"\xff" * 7),
        "The file ",
        hostile=True,
    ),
    refused("noise.avi", _noise_after(_AVI), "The file ", hostile=True),
    refused(
        "noise.mp3", _noise_after(b"ID3\x03\0\0\0\0\0\0\xff\xfb\x90\x64"), "The file ", hostile=True
    ),
    refused("noise.ts", _noisy_ts, _UNREADABLE, hostile=True),
    refused("noise.flac", _noise_after(b"fLaC"), "The file ", hostile=True),
    refused("noise.ogg", _noise_after(b"OggS\0\2"), "The file ", hostile=True),
    refused("noise.flv", _noise_after(b"FLV\1\5\0\0\0\x09\0\0\0\0"), _UNREADABLE, hostile=True),
    refused("noise.gif", _noise_after(b"GIF89a\xf0\0\xa0\0\xf7\0\0"), "The file ", hostile=True),
    refused(
        "noisy_body.mp4",
        lambda path: _noisy_body(path, Picture(), Sound()),
        "The file ",
        hostile=True,
    ),
    refused("noisy_sound.m4a", lambda path: _noisy_body(path, Sound()), "The file ", hostile=True),
    Row("noise_within.mkv", _noise_within, quarters="", hostile=True),
    refused("many_tracks.mp4", partial(_many_tracks, count=2000), "too many tracks", hostile=True),
    refused("nested.mp4", _nested, "no sound and no moving picture", hostile=True),
    heard("named_wrongly.mp4", lambda path: write(path, MP3, form="mp3")),
]
