"""Rows: each container with what is commonly in it."""

from fractions import Fraction
from functools import partial
from pathlib import Path

from tests.media.making import Picture, Sound, voice, write
from tests.media.rows import Row, heard

_FILM = Picture(codec="mpeg2video", rate=Fraction(25), seconds=6)
_MP2 = Sound(codec="mp2", rate=48_000, bit_rate=64_000)
_FAST = {"deadline": "realtime", "cpu-used": "8"}
VP8 = Picture(codec="libvpx", options=_FAST)
VP9 = Picture(codec="libvpx-vp9", options=_FAST)
OPUS = Sound(codec="libopus", bit_rate=24_000)
MP3 = Sound(codec="libmp3lame", bit_rate=32_000)
VORBIS = Sound(
    codec="vorbis",
    layout="stereo",
    channels=(voice(), voice()),
    options={"strict": "experimental"},
)
AV1 = Picture(codec="libsvtav1", options={"preset": "12"})
HEVC = Picture(codec="libx265")
AMR = Sound(codec="libopencore_amrnb", rate=8000)
# As OBS writes it: B-frames, and hardly a keyframe.
OBS = Picture(rate=Fraction(30), options={"preset": "veryfast", "g": "250", "bf": "2"})
PCM = Sound(codec="pcm_s16le")
_QCIF = (176, 144)


def _row(name: str, picture: Picture, sound: Sound, form: str = "") -> Row:
    return Row(name, partial(_write, tracks=(picture, sound), form=form), picture=picture.size)


def _heard(name: str, sound: Sound, form: str = "") -> Row:
    return heard(name, partial(_write, tracks=(sound,), form=form))


def _write(path: Path, tracks: tuple[Picture | Sound, ...], form: str) -> None:
    write(path, *tracks, form=form)


TABLE = [
    _row("h264_aac.mp4", Picture(), Sound()),
    _row("h264_mp3.mp4", Picture(), MP3),
    _row("h264_pcm.mov", Picture(), PCM),
    _row("hevc10.mov", Picture(codec="libx265", form="yuv420p10le"), Sound()),
    _row("prores_alac.mov", Picture(codec="prores_ks", form="yuv422p10le"), Sound(codec="alac")),
    _row("av1.mp4", AV1, OPUS),
    _row("obs_like.mp4", OBS, Sound()),
    _row("obs_like.mkv", OBS, Sound()),
    _row(
        "no_b_frames.mkv",
        Picture(rate=Fraction(30), options={"g": "250", "bf": "0"}),
        Sound(),
    ),
    _row("hevc.mkv", Picture(codec="libx265", rate=Fraction(30)), Sound()),
    _row("h264_pcm.mkv", Picture(), PCM),
    _row("h264_flac.mkv", Picture(), Sound(codec="flac")),
    _row("h264_ac3.mkv", Picture(), Sound(codec="ac3", rate=48_000)),
    _row("av1.mkv", AV1, OPUS),
    _row("vp9.webm", VP9, OPUS),
    _row("vp8_vorbis.webm", VP8, VORBIS),
    _row("vp8_pcm.mkv", VP8, PCM),
    _row("ffv1.mkv", Picture(codec="ffv1", rate=Fraction(1)), Sound(codec="pcm_f32le")),
    _row("xvid.avi", Picture(codec="mpeg4"), MP3),
    _row("h264.avi", Picture(options={"bf": "2"}), MP3),
    _row("mjpeg.avi", Picture(codec="mjpeg", form="yuvj420p", colours=(5, 2)), PCM),
    _row("msmpeg4.avi", Picture(codec="msmpeg4"), Sound(codec="adpcm_ms")),
    _row(
        "screen.wmv",
        Picture(codec="wmv2"),
        Sound(codec="wmav2", rate=44_100, bit_rate=64_000),
    ),
    _row("h264.flv", Picture(), Sound()),
    _row("h264.ts", Picture(options={"bf": "2"}), Sound()),
    _row("hevc.ts", HEVC, Sound()),
    _row("mpeg2.ts", _FILM, _MP2),
    _row("mpeg2.mpg", _FILM, _MP2),
    _row("mpeg2.mxf", _FILM, Sound(codec="pcm_s16le", rate=48_000)),
    _row("mpeg2.wtv", _FILM, _MP2),
    _row("rv10.rm", Picture(codec="rv10", size=_QCIF), Sound(codec="ac3", rate=48_000)),
    _row("phone.3gp", Picture(codec="h263", size=_QCIF), AMR),
    _heard("voice.m4a", Sound(), form="ipod"),
    _heard("voice.mp3", MP3),
    _heard("voice.flac", Sound(codec="flac")),
    _heard("vorbis.ogg", VORBIS),
    _heard("opus.ogg", OPUS),
    _heard("voice.aiff", Sound(codec="pcm_s16be")),
    _heard("voice.au", Sound(codec="pcm_s16be")),
    _heard("voice.caf", PCM),
    _heard("voice.w64", PCM),
    _heard("voice.ac3", Sound(codec="ac3", rate=48_000)),
    _heard("voice.aac", Sound(), form="adts"),
    _heard("voice.amr", AMR),
    _heard("voice.tta", Sound(codec="tta")),
    _heard("voice.wv", Sound(codec="wavpack")),
]
