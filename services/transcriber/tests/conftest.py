from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from av.subtitles.subtitle import SubtitleSet
from PIL import Image, ImageDraw

FPS = 5
RATE = 16_000
HEADER = b"""[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r
Format: Name, Fontname, Fontsize\r\nStyle: Default,Arial,16\r\n\r\n[Events]\r
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"""
Sound = Sequence[tuple[float, Any]]
Maker = Callable[..., Path]


def picture(text: str) -> Image.Image:
    image = Image.new("RGB", (640, 360), "white")
    pen = ImageDraw.Draw(image)
    for row in range(4):
        pen.text((30, 30 + row * 80), text, fill="black", font_size=60)
    return image


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Write a video: 2 s a slide, sound as (seconds, int16 samples) pieces, subtitle cues."""

    def build(
        name: str,
        slides: Sequence[str] = ("",),
        sound: Sound = (),
        cues: Sequence[tuple[int, int, bytes]] = (),
    ) -> Path:
        target = tmp_path / name
        with av.open(str(target), "w") as box:
            video = box.add_stream("libx264", rate=FPS)
            video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
            audio = box.add_stream("aac", rate=RATE, layout="mono") if sound else None
            track = box.add_stream("subrip") if cues else None
            if track is not None:
                track.codec_context.subtitle_header = HEADER
            for number in range(len(slides) * 2 * FPS):
                frame = av.VideoFrame.from_ndarray(
                    np.asarray(picture(slides[number // (2 * FPS)])), format="rgb24"
                )
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                box.mux(video.encode(frame))
            box.mux(video.encode(None))
            for start, samples in sound:
                heard = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
                heard.sample_rate, heard.time_base = RATE, Fraction(1, RATE)
                heard.pts = round(start * RATE)
                assert audio is not None
                box.mux(audio.encode(heard))
            if audio is not None:
                box.mux(audio.encode(None))
            for order, (start, length, text) in enumerate(cues):
                assert track is not None
                line = f"{order},0,Default,,0,0,0,,".encode() + text
                cue = SubtitleSet.create(line, 0, length, pts=start * 1000)
                packet = cast("Any", track.codec_context.encode_subtitle(cue))
                packet.stream, packet.time_base = track, Fraction(1, 1000)
                packet.pts = packet.dts = start
                packet.duration = length
                box.mux(packet)
        return target

    return build


@pytest.fixture
def tone() -> Any:
    """One second of a 440 Hz tone: int16 of shape (16000,)."""
    return (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 12_000).astype(np.int16)
