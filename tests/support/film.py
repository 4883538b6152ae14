"""Films whose picture counts their seconds, so that whoever looks can tell where a part is from."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from simulators.gemini.eyes import strip

_CELL = 4  # pixels
_HEIGHT = 32


def counting(path: Path, seconds: int, keyframes: int = 10, first: int = 0) -> Path:
    """Write a film of so many seconds, a picture a second, with a keyframe every `keyframes`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 24 * _CELL, _HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": str(keyframes), "keyint_min": str(keyframes)}
        for second in range(seconds):
            cells = np.array(strip(first + second), dtype=np.uint8) * 255
            row = np.repeat(cells, _CELL)
            picture = np.repeat(np.tile(row, (_HEIGHT, 1))[:, :, None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = second, Fraction(1, 1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
