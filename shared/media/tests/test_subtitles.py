from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from av.error import InvalidDataError

from shared.media.subtitles import Cue, _cue, is_text_codec, read_text_track

ASS = b"""[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r
Format: Name, Fontname, Fontsize\r\nStyle: Default,Arial,16\r\n\r\n[Events]\r
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"""
Packets = Sequence[tuple[float, float, bytes]]
Read = Callable[..., list[Cue]]


class Packet:
    """What PyAV gives, where no muxer of its own writes it."""

    pts, duration, time_base = 11_000, 1000, Fraction(1, 1000)

    def __init__(self, payload: bytes) -> None:
        self.payload, self.size = payload, len(payload)

    def __bytes__(self) -> bytes:
        return self.payload


class Damaged:
    """Stretches of packets, with damage between them."""

    def __init__(self, *stretches: Sequence[Packet]) -> None:
        self.stretches = list(stretches)

    def demux(self, _: object) -> Iterator[Packet]:
        yield from self.stretches.pop(0)
        if self.stretches:
            raise InvalidDataError(1, "damaged")


def track(codec: str | None, *stretches: Sequence[Packet]) -> list[Cue]:
    container: Any = Damaged(*stretches)
    stream = SimpleNamespace(codec_context=codec and SimpleNamespace(name=codec))
    return read_text_track(container, stream, 10)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write packets (seconds, seconds long, payload) as a track of a codec; return its cues."""

    def build(codec: str, packets: Packets, name: str = "t.mkv", origin: float = 0.0) -> list[Cue]:
        target = str(tmp_path / name)
        with av.open(target, "w") as box:
            track: Any = box.add_stream(codec)
            track.codec_context.subtitle_header = ASS
            for start, length, payload in packets:
                packet = av.Packet(payload)
                packet.stream, packet.time_base = track, Fraction(1, 1000)
                packet.pts = packet.dts = round(start * 1000)
                packet.duration = round(length * 1000)
                box.mux(packet)
        with av.open(target) as box:
            return read_text_track(box, box.streams.subtitles[0], origin)

    return build


@pytest.mark.parametrize(
    "code",
    ['Write {"name": "harbor"}', "C:\\new\\table\\Notes", "a < b && b > c, List<int>, &amp;"],
)
def test_code_in_subrip_is_text(read: Read, code: str) -> None:
    assert read("subrip", [(1, 2, code.encode())]) == [Cue(1, 3, code)]


@pytest.mark.parametrize(
    "code",
    ['Write {"name": "harbor"}', "C:\\new\\table\\Notes", "List<int> & <i>x</i>", "café"],
)
def test_timed_text_has_no_markup(read: Read, code: str) -> None:
    text = code.encode()
    style = b"\x00\x00\x00\x16styl\x00\x01\x00\x00\x00\x05\x00\x01\x01\x10\xff\xff\xff\xff"
    payload = len(text).to_bytes(2, "big") + text + style
    assert read("mov_text", [(1, 2, payload), (3, 1, b"\0\0")], "t.mp4") == [Cue(1, 3, code)]


def test_timed_text_may_be_utf16() -> None:
    text = "Hi 漢".encode("utf-16-be")
    payload = (len(text) + 2).to_bytes(2, "big") + b"\xfe\xff" + text
    assert _cue("mov_text", payload) == ("Hi 漢", "")


def test_only_what_substation_shows_is_text(read: Read) -> None:
    packets = [
        (1, 2, rb"0,0,Default,Anna,0,0,0,,Welcome\hto{a note} it"),
        (2, 1, rb"1,0,Default,,0,0,0,,{\p1}m 0 0 l 1 1{\p0}"),
        (4, 1, b"garbage"),
        (5, 1, rb"3,0,Default,,0,0,0,,{\k20}Press {\k30}start"),
    ]
    assert read("ass", packets) == [Cue(1, 3, "Welcome to it", "Anna"), Cue(5, 6, "Press start")]


def test_webvtt_keeps_its_speaker_and_code(read: Read) -> None:
    payload = rb"<v Anna>if a &lt; b: <i>open</i> C:\new {x}</v>"
    assert read("webvtt", [(1, 2, payload)]) == [Cue(1, 3, "if a < b: open C:\\new {x}", "Anna")]


def test_webvtt_in_boxes_is_read() -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    first = box(b"vttc", box(b"iden", b"1") + box(b"sttg", b"line:0") + box(b"payl", b"a &lt; b"))
    second = box(b"vttc", box(b"payl", b"c"))
    assert _cue("webvtt", first + second) == ("a < b\nc", "")
    assert _cue("", first) == ("a < b", "")
    assert _cue("", box(b"vtte", b"")) is None
    assert _cue("", b"\0\0\0\0vttc") is None


def test_a_document_of_ttml_is_read() -> None:
    document = (
        b'<?xml version="1.0" encoding="utf-8"?><tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
        b'<p begin="00:00:11.000" end="00:00:14.000">a &lt; b</p></div></body></tt>'
    )
    assert track(None, [Packet(document)]) == [Cue(1, 4, "a < b")]
    assert track(None, [Packet(document[:-9])]) == []


def test_a_wrong_byte_costs_itself(read: Read) -> None:
    found = read("subrip", [(1, 2, b"the caf\xe9 report"), (4, 1, b"Next\0")])
    assert found == [Cue(1, 3, "the caf\ufffd report"), Cue(4, 5, "Next")]


def test_a_cue_without_an_end_gets_one(read: Read) -> None:
    found = read("subrip", [(1, 0, b"First, and it is long"), (2, 0, b"Second")])
    assert found == [Cue(1, 2, "First, and it is long"), Cue(2, 3, "Second")]


def test_times_count_from_the_files_origin(read: Read) -> None:
    assert read("subrip", [(11, 2, b"Text")], origin=10) == [Cue(1, 3, "Text")]


def test_rolling_captions_are_said_once(read: Read) -> None:
    shown = [(0, 1, b"a b"), (1, 0.01, b"a b"), (1.01, 1, b"a b\nc d"), (2.01, 0.01, b"c d")]
    shown += [(2.02, 1, b"c d\ne f")]
    assert [cue.text for cue in read("subrip", shown)] == ["a b", "c d", "e f"]


def test_a_damaged_stretch_costs_itself() -> None:
    text = Packet(b"Text")
    assert len(track("subrip", [text], [text])) == 2


def test_pictures_are_no_text() -> None:
    assert not is_text_codec("hdmv_pgs_subtitle")
    assert not is_text_codec("dvd_subtitle")
    assert all(map(is_text_codec, ["subrip", "srt", "mov_text", "webvtt", "ass", "ssa", "text"]))
