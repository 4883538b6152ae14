"""Rows: files that end early, state what is not so, or have no index."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.media import edits
from tests.media.containers import MP3, OPUS, PCM, VP8, VP9
from tests.media.making import Picture, Sound, write
from tests.media.rows import Row, heard, refused

_DENSE = Picture(options={"g": "5", "bf": "0"})
_FLAC, _ADTS = Sound(codec="flac"), Sound()
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
_FAST = {"movflags": "faststart"}
_AVI = Picture(codec="mpeg4", options={"g": "5"})
_FLV = Picture(codec="flv1", options={"g": "5"})
_FLV_MP3 = Sound(codec="libmp3lame", rate=22_050, bit_rate=32_000)
_CLUSTERED = {"cluster_time_limit": "1000"}


def _write(
    path: Path,
    tracks: Sequence[Any],
    *changes: Callable[[Path], object],
    piped: bool = False,
    form: str = "",
    **options: str,
) -> None:
    write(path, *tracks, form=form, piped=piped, **options)
    for change in changes:
        change(path)


def _made(tracks: Sequence[Any], *changes: Callable[[Path], object], **options: Any) -> Any:
    def make(path: Path) -> None:
        _write(path, tracks, *changes, **options)

    return make


def _cut(share: float) -> Callable[[Path], object]:
    return partial(edits.keep, share=share)


def _long(seconds: float) -> Callable[[Path], object]:
    return partial(edits.state_duration, seconds=seconds)


def _lying_wav(path: Path, stated: int) -> None:
    """Write a WAV that states another number of bytes than it has."""
    write(path, PCM)
    whole = path.read_bytes()
    at = whole.index(b"data") + 4
    path.write_bytes(whole[:at] + stated.to_bytes(4, "little") + whole[at + 4 :])


_BOTH = (_DENSE, Sound())
_WEB = (VP8, OPUS)
# Of a file that is cut off in its middle: half of the card's seconds, and half of the sentence.
_HALF: dict[str, Any] = {"duration": 3, "at": 1.5, "counts": 1, "last": 3.0}
TABLE = [
    Row("faststart.mp4", _made(_BOTH, **_FAST)),
    Row("half.mp4", _made(_BOTH, _cut(0.53), **_FAST), missing=3, **_HALF),
    Row(
        "quarter.mp4",
        _made(_BOTH, _cut(0.28), **_FAST),
        duration=1.5,
        missing=4.5,
        at=0.5,
        counts=0,
        last=1.5,
    ),
    refused("no_header.mp4", _made(_BOTH, _cut(0.6)), "cannot be read as a video: it is damaged"),
    refused(
        "header_cut_off.mp4", _made(_BOTH, _cut(0.99)), "cannot be read as a video: it is damaged"
    ),
    Row("fragmented.mp4", _made(_BOTH, **_FRAGMENTED)),
    Row("fragmented_with_index.mp4", _made(_BOTH, movflags="frag_keyframe+empty_moov+dash")),
    Row("fragmented_half.mp4", _made(_BOTH, _cut(0.5), **_FRAGMENTED), **_HALF),
    Row("piped.mp4", _made(_BOTH, piped=True, form="mp4", **_FRAGMENTED)),
    Row("piped.mkv", _made(_BOTH, piped=True, form="matroska")),
    Row("live.webm", _made(_WEB, piped=True, form="webm", live="1")),
    Row("live_half.webm", _made(_WEB, _cut(0.5), piped=True, form="webm", live="1"), **_HALF),
    Row("half.mkv", _made(_BOTH, _cut(0.5), **_CLUSTERED), missing=3, **_HALF),
    Row("half.webm", _made((VP9, OPUS), _cut(0.5), **_CLUSTERED), missing=3, **_HALF),
    Row("no_cues.mkv", _made(_BOTH, edits.drop_cues)),
    Row("no_cues_half.mkv", _made(_BOTH, _cut(0.5), piped=True, form="matroska"), **_HALF),
    Row("no_duration.mkv", _made(_BOTH, edits.drop_duration)),
    Row("open_clusters.mkv", _made(_BOTH, edits.open_clusters, edits.drop_cues, **_CLUSTERED)),
    *[
        Row(name, _made(_BOTH, _long(stated)), hostile=True)
        for name, stated in (
            ("duration_nan.mkv", float("nan")),
            ("duration_infinite.mkv", float("inf")),
            ("duration_1e12.mkv", 1e12),
            ("duration_negative.mkv", -5.0),
            ("duration_0.mkv", 0.0),
            ("duration_too_short.mkv", 2.0),
        )
    ],
    Row("duration_an_hour.mkv", _made(_BOTH, _long(3600)), missing=3594),
    Row("half.avi", _made((_AVI, MP3), _cut(0.6)), missing=3, **_HALF),
    Row("no_index.avi", _made((_AVI, MP3), lambda path: edits.replace(path, b"idx1", b"JUNK"))),
    Row("half.ts", _made(_BOTH, _cut(0.5)), **_HALF),
    Row(
        "half_a_packet_more.ts", _made(_BOTH, lambda path: path.write_bytes(path.read_bytes()[94:]))
    ),
    Row("no_length.flv", _made((_FLV, _FLV_MP3), flvflags="no_duration_filesize"), sound=0),
    Row("half.flv", _made((_FLV, _FLV_MP3), _cut(0.58)), missing=3, sound=0, **_HALF),
    heard("states_more.wav", partial(_lying_wav, stated=288_000), missing=3),
    heard("states_less.wav", partial(_lying_wav, stated=96_000), duration=3, last=3.0),
    heard("half.wav", _made((PCM,), _cut(0.5)), duration=3, missing=3, last=3.0),
    heard("piped.wav", _made((PCM,), piped=True, form="wav")),
    *[
        heard(f"states_{stated}.wav", partial(_lying_wav, stated=stated))
        for stated in (0, 2**31 - 1, 2**31, 2**32 - 1)
    ],
    heard("half.flac", _made((_FLAC,), _cut(0.5)), duration=3.5, missing=2.5, last=3.5),
    heard("piped.flac", _made((_FLAC,), piped=True, form="flac")),
    heard("half.ogg", _made((OPUS,), _cut(0.5), page_duration="200000"), duration=3, last=3.0),
    heard("half_xing.mp3", _made((MP3,), _cut(0.5)), duration=3, missing=3, last=3.0),
    heard("half.aac", _made((_ADTS,), _cut(0.5), form="adts"), duration=3, last=3.0),
    heard(
        "half.m4a",
        _made((_ADTS,), _cut(0.6), form="ipod", **_FAST),
        duration=3.5,
        missing=2.5,
        last=3.5,
    ),
    heard("half.w64", _made((PCM,), _cut(0.5)), duration=3, missing=3, last=3.0),
    heard(
        "half.aiff", _made((Sound(codec="pcm_s16be"),), _cut(0.5)), duration=3, missing=3, last=3.0
    ),
    heard("half.caf", _made((PCM,), _cut(0.5)), duration=3, missing=3, last=3.0),
    heard(
        "half.amr",
        _made((Sound(codec="libopencore_amrnb", rate=8000),), _cut(0.5)),
        duration=3,
        last=3.0,
    ),
]
