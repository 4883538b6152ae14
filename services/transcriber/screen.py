"""Reads the text on a frame with tesserocr, where Tesseract's English data is installed."""

import os
import re
from pathlib import Path

from PIL import Image

DATA = "eng.traineddata"
SYSTEM = Path("/usr/share/tesseract-ocr")
LEAST_CONFIDENCE = 40  # of 100: lines below it are icons and borders
WORDLIKE = re.compile(r"\w\w")


def tessdata() -> Path | None:
    """Return the folder of Tesseract's English data: TESSDATA_PREFIX, else Debian's, else None."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    places = [Path(prefix), Path(prefix) / "tessdata"] if prefix else []
    places += sorted(SYSTEM.glob("*/tessdata"), reverse=True)
    return next((place for place in places if (place / DATA).is_file()), None)


def read_screen(image: Image.Image) -> str | None:
    """Return an RGB picture's lines of text, top to bottom; None where there is no data."""
    folder = tessdata()
    if folder is None:
        return None
    from tesserocr import PSM, RIL, PyTessBaseAPI, iterate_level  # noqa: PLC0415 - heavy

    lines: list[str] = []
    with PyTessBaseAPI(path=str(folder), lang="eng", psm=PSM.SPARSE_TEXT) as reader:
        reader.SetImage(image.convert("RGB"))
        if not reader.Recognize():
            return ""
        found = reader.GetIterator()
        if found is None:
            return ""
        for line in iterate_level(found, RIL.TEXTLINE):
            try:
                text = line.GetUTF8Text(RIL.TEXTLINE).strip()
            except RuntimeError:  # nothing was recognised at this level
                continue
            if line.Confidence(RIL.TEXTLINE) >= LEAST_CONFIDENCE and WORDLIKE.search(text):
                lines.append(text)
    return "\n".join(lines)
