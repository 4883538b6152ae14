"""A picture that stands for a film in a list, and before it plays."""

import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import av
from av.error import FFmpegError
from PIL import Image, ImageStat

OPTIONS = {"protocol_whitelist": "file,http,https,tcp,tls,crypto"}  # a playlist reaches no further
NAME = "poster.jpg"  # beside the pictures of the film's articles

_WIDEST = 640  # pixels
_PLACES = (0.1, 0.35, 0.6)  # of the film's length: films begin and end in black
_FLAT = 12.0  # standard deviation of brightness, of 255, below which a picture shows nothing
_PACKETS = 500  # after which a place without a whole frame is given up
_PATIENCE = 10.0  # seconds of one read


def poster(source: str, seconds: float) -> bytes:
    """Return a JPEG of the first place that shows something, or no bytes without a picture."""
    best, shows = None, -1.0
    with suppress(FFmpegError, ValueError, OSError), _opened(source) as container:
        for picture in _pictures(container, seconds):
            detail = ImageStat.Stat(picture.convert("L")).stddev[0]
            if detail > shows:
                best, shows = picture, detail
            if shows >= _FLAT:
                break
    if best is None:
        return b""
    file = io.BytesIO()
    best.convert("RGB").save(file, "JPEG", quality=80, optimize=True)
    return file.getvalue()


def _opened(source: str) -> av.container.InputContainer:
    return av.open(source, "r", options=OPTIONS, timeout=_PATIENCE)


def _pictures(container: av.container.InputContainer, seconds: float) -> Iterator[Image.Image]:
    if not container.streams.video:
        return
    stream = container.streams.video[0]
    stream.codec_context.skip_frame = "NONKEY"  # a key frame is whole, and the nearest will do
    for place in _PLACES:
        with suppress(FFmpegError):  # what cannot be sought is read from where it is
            container.seek(int(seconds * place * av.time_base))
        for packet in islice(container.demux(stream), _PACKETS):
            frame = _decoded(packet)
            if frame is not None:
                picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                picture.thumbnail((_WIDEST, _WIDEST))
                # A phone that is held upright films lying down, and tells how to turn it.
                yield picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
                break


def _decoded(packet: "av.Packet[av.VideoStream]") -> av.VideoFrame | None:
    with suppress(FFmpegError):  # one damaged packet is no damaged film
        return next(iter(packet.decode()), None)
    return None
