"""Reads the text on pictures with tesserocr, where Tesseract's English data is installed."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.media.slides import SMALL, differing

DATA = "eng.traineddata"
SYSTEM = Path("/usr/share/tesseract-ocr")
LEAST_CONFIDENCE = 40  # of 100: lines below it are icons and borders
WORDLIKE = re.compile(r"\w\w")
_COMPARED = (320, 180)
_REMEMBERED = 32  # readings, for pictures that are shown again
_DARK = 32  # of 255: in a picture that is nowhere lighter, nothing can be read


class Reader(Protocol):
    """Reads pictures, one after another."""

    def read(self, image: Image.Image, /) -> str:
        """Return a picture's lines of text, top to bottom."""


def tessdata() -> Path | None:
    """Return the folder of Tesseract's English data: TESSDATA_PREFIX, else Debian's, else None."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    places = [Path(prefix), Path(prefix) / "tessdata"] if prefix else []
    places += sorted(SYSTEM.glob("*/tessdata"), reverse=True)
    return next((place for place in places if (place / DATA).is_file()), None)


@contextmanager
def open_reader(folder: Path) -> Iterator[Reader]:
    """Lend a reader with the data in `folder`. It runs code in C on what strangers upload."""
    from tesserocr import PSM, PyTessBaseAPI  # noqa: PLC0415 - heavy

    with PyTessBaseAPI(path=str(folder), lang="eng", psm=PSM.SPARSE_TEXT) as api:
        yield _Tesseract(api)


class _Tesseract:
    def __init__(self, api: Any) -> None:
        self._api = api

    def read(self, image: Image.Image) -> str:
        from tesserocr import RIL, iterate_level  # noqa: PLC0415 - heavy

        lines: list[str] = []
        self._api.SetImage(image.convert("RGB"))
        found = self._api.GetIterator() if self._api.Recognize() else None
        for line in () if found is None else iterate_level(found, RIL.TEXTLINE):
            try:
                text = line.GetUTF8Text(RIL.TEXTLINE).strip()
            except RuntimeError:  # nothing was recognised at this level
                continue
            if line.Confidence(RIL.TEXTLINE) >= LEAST_CONFIDENCE and WORDLIKE.search(text):
                lines.append(text)
        return "\n".join(lines)


class OnceReader:
    """Reads a picture that was read before, or is dark, without looking for text again."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._before: list[tuple[NDArray[np.int16], str]] = []
        self.pictures = 0
        self.dark = 0  # how many of them

    def read(self, image: Image.Image) -> str:
        """Return a picture's lines of text, top to bottom."""
        self.pictures += 1
        grey = np.asarray(image.convert("L").resize(_COMPARED), dtype=np.int16)
        if int(grey.max()) < _DARK:
            self.dark += 1
            return ""
        for other, text in self._before:
            if differing(grey, other) <= SMALL:
                return text
        text = self._reader.read(image)
        self._before = [*self._before, (grey, text)][-_REMEMBERED:]
        return text
