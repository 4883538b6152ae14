"""Rows: clocks that begin late, jump, wrap or start anew; tracks that begin and end apart."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.media.containers import OPUS, PCM, VP9
from tests.media.drawing import draw
from tests.media.making import RATE, Picture, Sound, Text, voice, write
from tests.media.rows import Row, heard

_WRAP = 2**33 / 90_000  # seconds after which an MPEG-TS counts from 0 again


def _write(path: Path, tracks: Sequence[Any], **options: Any) -> None:
    write(path, *tracks, **options)


def _row(name: str, *tracks: Any, options: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(name, partial(_write, tracks=tracks, **(options or {})), **more)


def _from(second: int) -> Any:
    """Return what draws cards that count from a second on."""

    def later(shown: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        return draw(second + shown, size)

    return later


def _joined(path: Path, count: int, form: str) -> None:
    """Write recordings one after another into one file, each with a clock of its own."""
    whole = b""
    for n in range(count):
        picture, sound = Picture(draw=_from(6 * n), options={"bf": "2"}), Sound()
        if form == "vob":
            picture = Picture(codec="mpeg2video", rate=Fraction(25), draw=_from(6 * n))
            sound = Sound(codec="mp2", rate=48_000, bit_rate=64_000)
        whole += write(path, picture, sound, form=form).read_bytes()
    path.write_bytes(whole)


def _without(path: Path, *tracks: Any, lost: tuple[float, float]) -> None:
    """Write a file whose sound has lost its packets between two seconds."""
    whole = write(path.with_name("whole.mkv"), *tracks)
    with av.open(str(whole)) as source, av.open(str(path), "w") as container:
        streams = {one.index: container.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.pts is None or packet.time_base is None:
                continue
            second = float(packet.pts * packet.time_base)
            if packet.stream.type == "audio" and lost[0] <= second < lost[1]:
                continue
            packet.stream = streams[packet.stream.index]
            container.mux(packet)


def _chaptered(path: Path) -> None:
    """Write what a camera writes: a track of time codes, and chapters."""
    picture = Picture(notes={"timecode": "01:00:00:00"})
    with av.open(str(path), "w") as container:
        tracks: list[Any] = [picture, Sound()]
        streams = [track.open(container) for track in tracks]
        container.set_chapters(
            [
                {
                    "id": n,
                    "start": 3000 * n,
                    "end": 3000 * n + 3000,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": 'One/two "three"'},
                }
                for n in range(2)
            ]
        )
        sent = [
            one
            for track, stream in zip(tracks, streams, strict=True)
            for one in track.encode(stream)
        ]
        for _, packet in sorted(sent, key=lambda one: one[0]):
            container.mux(packet)


_LATE_CUE = Text(cues=((1.1, 4.8, "Welcome to the project."), (36_000, 36_005, "By somebody.")))
_DENSE = {"g": "10", "bf": "0"}
_LONG_SOUND = np.concatenate([voice(), np.zeros(6 * RATE, np.float32)])
TABLE = [
    *[
        _row(f"late_sound.{kind}", Picture(), Sound(starts=2), duration=8, first=3.15, last=6.85)
        for kind in ("mp4", "mkv", "mov", "ts", "flv")
    ],
    *[
        _row(f"late_picture.{kind}", Picture(starts=2), Sound(), duration=8, at=4.5, counts=2)
        for kind in ("mp4", "mkv", "mov", "ts", "flv")
    ],
    _row(
        "late_picture.webm",
        Picture(codec=VP9.codec, options=VP9.options, starts=2),
        OPUS,
        duration=8,
        at=4.5,
    ),
    _row(
        "much_later_picture.mkv",
        Picture(starts=12),
        Sound(),
        duration=18,
        pictured=12,
        at=14.5,
    ),
    *[
        _row(
            f"begins_at_100.{kind}",
            Picture(),
            Sound(),
            options={"output_ts_offset": "100"},
        )
        for kind in ("mkv", "ts")
    ],
    _row(
        "begins_at_100_with_b_frames.mkv",
        Picture(options={"bf": "2", "preset": "veryfast"}),
        Sound(),
        options={"output_ts_offset": "100"},
    ),
    *[
        _row(
            f"edit_list.{kind}",
            Picture(starts=-1, options={"g": "50", "bf": "0"}),
            Sound(starts=-1, codec=codec),
            duration=5,
            counts=3,
            first=0.15,
            last=3.85,
        )
        for kind, codec in (("mp4", "aac"), ("mov", "pcm_s16le"))
    ],
    Row(
        "gap.mkv",
        lambda path: _without(path, Picture(), Sound(), lost=(2, 4)),
    ),
    Row(
        "gap.ts",
        lambda path: _without(path, Picture(), Sound(), lost=(2, 4)),
    ),
    Row(
        "restarts_once.ts",
        partial(_joined, count=2, form="mpegts"),
        duration=12,
        at=8.5,
        counts=8,
        last=10.85,
    ),
    Row(
        "restarts_often.ts",
        partial(_joined, count=5, form="mpegts"),
        duration=30,
        at=26.5,
        counts=26,
        last=28.85,
    ),
    Row(
        "restarts.mpg",
        partial(_joined, count=2, form="vob"),
        duration=12,
        at=8.5,
        counts=8,
        last=10.85,
    ),
    *[
        _row(
            f"wraps_after_{after}.ts",
            Picture(options=_DENSE),
            Sound(),
            options={"output_ts_offset": str(_WRAP - after)},
        )
        for after in (1, 3, 5)
    ],
    _row("ten_hour_cue.mkv", Picture(), Sound(), _LATE_CUE, subtitles=(2,)),
    _row(
        "ten_hour_cue.mp4",
        Picture(),
        Sound(),
        Text(codec="mov_text", cues=_LATE_CUE.cues),
        subtitles=(2,),
    ),
    *[
        _row(f"picture_ends_early.{kind}", Picture(seconds=2), Sound(), at=4.5, counts=1)
        for kind in ("mp4", "mkv", "ts")
    ],
    *[
        _row(
            f"sound_ends_early.{kind}", Picture(seconds=12), Sound(), duration=12, at=9.5, counts=9
        )
        for kind in ("mp4", "mkv", "ts", "avi")
    ],
    _row("picture_of_one_frame.mp4", Picture(seconds=0.2), Sound(), counts=0),
    Row("chapters.mov", _chaptered),
    heard(
        "sound_begins_at_100.mka",
        partial(_write, tracks=(PCM,), output_ts_offset="100", form="matroska"),
    ),
    heard(
        "long_silence.mp3",
        partial(_write, tracks=(Sound(codec="libmp3lame", channels=(_LONG_SOUND,)),)),
        duration=12,
    ),
]
