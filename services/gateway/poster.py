"""A picture that stands for a film in a list, and before it plays."""

import io
from contextlib import suppress

from PIL import Image, ImageStat

from shared.media.frames import read_frames
from shared.media.opening import NotAVideoError
from shared.media.orientation import to_picture
from shared.media.tracks import MediaFile

NAME = "poster.jpg"  # beside the pictures of the film's articles

_WIDEST = 640  # pixels
_PLACES = (0.1, 0.35, 0.6)  # of the film's length: films begin and end in black
_FLAT = 12.0  # standard deviation of brightness, of 255, below which a picture shows nothing


def make_poster(source: str, media: MediaFile) -> bytes:
    """Return a JPEG of the first place that shows something, or no bytes without a picture."""
    best, shows = None, -1.0
    for place in _PLACES:
        picture = _picture_near(source, media, media.duration * place)
        detail = -1.0 if picture is None else ImageStat.Stat(picture.convert("L")).stddev[0]
        if detail > shows:
            best, shows = picture, detail
        if shows >= _FLAT:
            break
    if best is None:
        return b""
    file = io.BytesIO()
    best.convert("RGB").save(file, "JPEG", quality=80, optimize=True)
    return file.getvalue()


def _picture_near(source: str, media: MediaFile, second: float) -> Image.Image | None:
    """Return the key frame before a second, small: it is whole, and near enough."""
    with suppress(NotAVideoError):
        for _, frame, ratio in read_frames(source, media, second, media.duration, keyframes=True):
            picture = to_picture(frame, ratio)
            picture.thumbnail((_WIDEST, _WIDEST))
            return picture
    return None
