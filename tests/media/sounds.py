"""Rows: sound that is laid out in every way, and files of several sound tracks."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from av.stream import Disposition

from tests.media.containers import MP3, PCM
from tests.media.drawing import draw_cover
from tests.media.edits import replace, spoil_entry, wav
from tests.media.making import (
    RATE,
    SECONDS,
    Attachment,
    Cover,
    Picture,
    Sound,
    noise,
    silence,
    voice,
    write,
)
from tests.media.rows import Row, heard, refused

_VOICE, _SILENCE = voice(), silence()
_DEFAULT = Disposition.default
_TONE = (0.1 * np.sin(2 * np.pi * 440 * np.arange(len(_VOICE)) / RATE)).astype(np.float32)
_FEW = 5  # channels; with more, the file is smaller
_ROOM = noise(SECONDS, 0.01)


def _write(path: Path, tracks: Sequence[Any], **options: Any) -> None:
    write(path, *tracks, **options)


def _heard(name: str, *tracks: Any, **more: Any) -> Row:
    return heard(name, partial(_write, tracks=tracks), **more)


def _of(codec: str, rate: int = RATE, **more: Any) -> Sound:
    return Sound(codec=codec, rate=rate, **more)


def _joined(path: Path, rates: Sequence[tuple[int, str]], codec: str, form: str) -> None:
    """Write recordings one after another, each at a rate and layout of its own."""
    whole = b""
    for rate, layout in rates:
        channels = (_VOICE,) * (1 if layout == "mono" else 2)
        sound = Sound(codec=codec, rate=rate, layout=layout, channels=channels, bit_rate=64_000)
        options: dict[str, Any] = {"write_xing": "0", "id3v2_version": "0"} if form == "mp3" else {}
        whole += write(path, sound, form=form, **options).read_bytes()
    path.write_bytes(whole)


def _unnamed(path: Path, channels: int, speaking: int) -> None:
    """Write a WAV whose channels have no name; one of them speaks."""
    step = 1 if channels <= _FEW else 2
    spoken = _VOICE[::step]
    whole = np.zeros((len(spoken), channels), np.int16)
    whole[:, speaking] = np.clip(spoken, -1, 1) * 32_767
    path.write_bytes(wav(channels, RATE // step, whole.tobytes()))


def _loud_then_quiet(path: Path) -> None:
    """Write an MP3 whose first bytes say little about its length."""
    sound = np.concatenate([noise(8, 0.3), _VOICE])
    options: dict[str, Any] = {"write_xing": "0", "id3v2_version": "0"}
    write(path, _of("libmp3lame", 44_100, channels=(sound,), options={"q": "7"}), **options)


def _undecodable(path: Path, tracks: Sequence[Any], nth: int) -> None:
    """Write a MOV whose nth sound no decoder knows, as an iPhone's spatial one."""
    write(path, *tracks)
    spoil_entry(path, b"mp4a", b"apac", b"esds", nth)


def _unknown_codec(path: Path, name: bytes, new: bytes) -> None:
    write(path, Picture(), Sound())
    replace(path, name, new)


def _unknown_picture(path: Path) -> None:
    write(path, Picture(), Sound())
    spoil_entry(path, b"avc1", b"zpv9", b"avcC")


def _pair(one: Sound, other: Sound, name: str, heard_one: int, **more: Any) -> Row:
    tracks = (Picture(), one, other)
    return Row(name, partial(_write, tracks=tracks), sound=heard_one, sounds=2, **more)


_EN, _ES = Sound(language="eng"), Sound(language="spa")
TABLE = [
    *[_heard(f"rate{rate}.wav", _of("pcm_s16le", rate)) for rate in (8_000, 11_025, 22_050)],
    *[_heard(f"rate{rate}.flac", _of("flac", rate)) for rate in (44_100, 96_000, 192_000)],
    *[
        _heard(f"{codec}.wav", _of(codec))
        for codec in ("pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw")
    ],
    *[
        heard(f"unnamed{count}.wav", partial(_unnamed, channels=count, speaking=count - 1))
        for count in (1, 2, 3, 4, 5, 7, 10, 16)
    ],
    Row(
        "out_of_phase.mov",
        partial(
            _write,
            tracks=(Picture(), _of("pcm_s16le", layout="stereo", channels=(_VOICE, -_VOICE))),
        ),
    ),
    _heard(
        "out_of_phase.mp3",
        _of("libmp3lame", 44_100, layout="stereo", channels=(_VOICE, -_VOICE), bit_rate=64_000),
    ),
    _heard(
        "almost_out_of_phase.flac",
        _of("flac", layout="stereo", channels=(_VOICE + _ROOM, _ROOM - _VOICE)),
    ),
    _heard("left.flac", _of("flac", layout="stereo", channels=(_VOICE, _SILENCE))),
    _heard(
        "right96k.mov",
        _of("pcm_f32le", 96_000, layout="stereo", channels=(_SILENCE, _VOICE)),
    ),
    _heard("right.m4a", _of("aac", layout="stereo", channels=(_SILENCE, _VOICE))),
    _heard(
        "centre.mp4",
        _of("ac3", 48_000, layout="5.1", channels=(*(_SILENCE,) * 2, _VOICE, *(_SILENCE,) * 3)),
    ),
    _heard(
        "back_left.flac",
        _of("flac", layout="7.1", channels=(*(_SILENCE,) * 4, _VOICE, *(_SILENCE,) * 3)),
    ),
    _heard(
        "hexadecagonal.wv",
        _of("wavpack", layout="hexadecagonal", channels=(*(_SILENCE,) * 15, _VOICE)),
    ),
    heard(
        "mixed_rate.mp3",
        partial(
            _joined,
            rates=((44_100, "stereo"), (48_000, "mono"), (22_050, "mono")),
            codec="libmp3lame",
            form="mp3",
        ),
        duration=18,
        last=16.85,
    ),
    heard(
        "mixed_rate.aac",
        partial(_joined, rates=((16_000, "mono"), (48_000, "stereo")), codec="aac", form="adts"),
        duration=12,
        last=10.85,
    ),
    heard("loud_then_quiet.mp3", _loud_then_quiet, duration=14, first=0, last=12.85),
    _heard("quiet_noise.wav", _of("pcm_s16le", channels=(noise(6, 0.002),)), first=None, last=None),
    _heard(
        "tiny.wav",
        _of("pcm_s16le", channels=(silence(0.05),)),
        duration=0.05,
        first=None,
        last=None,
    ),
    _pair(Sound(channels=(_SILENCE,), marks=_DEFAULT), Sound(), "silent_first.mkv", heard_one=2),
    _pair(Sound(channels=(_SILENCE,)), Sound(), "silent_first.mp4", heard_one=2),
    Row(
        "silent_tone_speech.mkv",
        partial(
            _write,
            tracks=(
                Picture(),
                Sound(channels=(_SILENCE,), marks=_DEFAULT),
                Sound(channels=(_TONE,)),
                Sound(),
            ),
        ),
        sound=3,
        sounds=3,
    ),
    _pair(
        Sound(channels=(_SILENCE,), marks=_DEFAULT),
        Sound(channels=(_SILENCE,)),
        "both_silent.mkv",
        heard_one=1,
        first=None,
        last=None,
    ),
    _pair(
        Sound(channels=(_TONE,), marks=Disposition.comment, title="Commentary"),
        Sound(),
        "commentary_first.mkv",
        heard_one=2,
    ),
    _pair(
        Sound(channels=(_TONE,), marks=Disposition.visual_impaired),
        Sound(),
        "description_first.mkv",
        heard_one=2,
    ),
    _pair(
        Sound(channels=(_TONE,), title="Director's commentary", marks=_DEFAULT),
        Sound(),
        "commentary_default.mkv",
        heard_one=2,
    ),
    _pair(_ES, Sound(language="eng", marks=_DEFAULT), "default_second.mkv", heard_one=2),
    _pair(_EN, _ES, "two_languages.mp4", heard_one=1),
    Row(
        "sound_before_picture.mp4",
        partial(_write, tracks=(Sound(), Picture())),
        sound=0,
    ),
    Row(
        "apac_second.mov",
        partial(_undecodable, tracks=(Picture(), Sound(), Sound()), nth=1),
        unreadable="no decoder for",
    ),
    Row(
        "apac_first.mov",
        partial(_undecodable, tracks=(Picture(), Sound(), Sound()), nth=0),
        sound=2,
        unreadable="no decoder for",
    ),
    Row(
        "apac_only.mov",
        partial(_undecodable, tracks=(Picture(), Sound()), nth=0),
        sound=None,
        sounds=0,
        first=None,
        last=None,
        unreadable="no decoder for",
    ),
    refused(
        "apac_alone.mov",
        partial(_undecodable, tracks=(Sound(),), nth=0),
        "no decoder for its codec). Convert it",
    ),
    Row(
        "unknown_picture.mov",
        _unknown_picture,
        picture=None,
        counts=None,
        unreadable="no decoder for",
    ),
    Row(
        "unknown_picture.mkv",
        partial(_unknown_codec, name=b"V_MPEG4/ISO/AVC", new=b"V_MPEG4/ISO/QQQ"),
        picture=None,
        counts=None,
        unreadable="no decoder for",
    ),
    Row(
        "unknown_sound.mkv",
        partial(_unknown_codec, name=b"A_AAC", new=b"A_QQQ"),
        sound=None,
        sounds=0,
        first=None,
        last=None,
        unreadable="no decoder for",
    ),
    _heard("cover.mp3", MP3, Cover()),
    _heard("cover.flac", _of("flac"), Cover()),
    heard("cover.m4a", partial(_write, tracks=(Sound(), Cover()), form="mp4")),
    Row(
        "cover.mkv",
        partial(
            _write,
            tracks=(
                Attachment("cover.jpg", "image/jpeg", draw_cover("JPEG")),
                Picture(),
                PCM,
                Attachment("small_cover.png", "image/png", draw_cover("PNG")),
                Attachment("font.ttf", "application/x-truetype-font", b"no font"),
            ),
        ),
    ),
]
