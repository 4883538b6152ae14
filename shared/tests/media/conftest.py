from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

SIZE = (640, 360)
Film = Callable[..., Path]
Sound = Iterable[tuple[float, Any]]


def slide(text: str, paper: str = "white") -> Image.Image:
    image = Image.new("RGB", SIZE, paper)
    pen = ImageDraw.Draw(image)
    for row in range(4):
        pen.text((30, 30 + row * 80), text, fill="black", font_size=60)
    return image


def held(rate: float, *shots: tuple[float, Image.Image]) -> list[tuple[float, Image.Image]]:
    """Return frames at a constant rate: each picture for so many seconds."""
    frames: list[tuple[float, Image.Image]] = []
    for seconds, image in shots:
        frames += [((len(frames) + n) / rate, image) for n in range(round(seconds * rate))]
    return frames


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Write a film of (second, picture) frames; sound as (second, int16 samples at 16 kHz)."""

    def build(
        name: str,
        frames: Iterable[tuple[float, Image.Image]],
        options: Mapping[str, str] | None = None,
        sound: Sound = (),
    ) -> Path:
        target = tmp_path / name
        base = Fraction(1, 1000)
        with av.open(str(target), "w") as box:
            video = box.add_stream("libx264", rate=25, options={"preset": "veryfast"})
            video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
            video.options = {"preset": "veryfast", **(options or {})}
            video.codec_context.time_base = base
            audio = box.add_stream("aac", rate=16_000, layout="mono") if sound else None
            for second, image in frames:
                frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
                frame.pts, frame.time_base = round(second * 1000), base
                box.mux(video.encode(frame))
            box.mux(video.encode(None))
            for second, samples in sound:
                heard = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
                heard.sample_rate, heard.time_base = 16_000, Fraction(1, 16_000)
                heard.pts = round(second * 16_000)
                assert audio is not None
                box.mux(audio.encode(heard))
            if audio is not None:
                box.mux(audio.encode(None))
        return target

    return build


@pytest.fixture
def tone() -> Any:
    """One second of a 440 Hz tone: int16 of shape (16000,)."""
    return (np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000) * 12_000).astype(np.int16)
