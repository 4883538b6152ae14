"""Opens a media file safely: containers of recordings only, and nothing but the file itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from shared.errors import DocreelError

# FFmpeg's names of the containers that recordings come in. Playlists (HLS, DASH, concat) are not
# among them: they name other files and addresses. Neither are still pictures, nor text as pictures.
CONTAINERS = (
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,asf,flv,mpegts,mpeg,mxf,dv,rm,wtv,ogg,gif,"
    "wav,w64,aiff,au,caf,mp3,aac,ac3,eac3,dts,flac,amr,wv,tta,ape"
)
MOST_PIXELS = 8192 * 4608  # of a picture: one of 8K has 33 million
_MOST_STREAMS = 100
_READ_SECONDS = 20.0  # of one read or connection over a network


class NotAVideoError(DocreelError):
    """The file is empty, damaged or no recording at all."""


@contextmanager
def open_media(source: Path | str) -> Iterator[InputContainer]:
    """Open a recording: a file, or an HTTP address of the storage's own.

    The containers and protocols that may be used are given to FFmpeg before it reads anything, so
    that a playlist in disguise reaches no other file and no address.

    Raises:
        NotAVideoError: it is no recording, or damaged; also for errors while the context is open.
        FileNotFoundError: there is no such file.
    """
    remote = is_remote(source)
    if not remote and not Path(source).exists():
        raise FileNotFoundError(source)
    options = {
        "format_whitelist": CONTAINERS,
        "protocol_whitelist": "http,https,tcp,tls" if remote else "file",
        "max_streams": str(_MOST_STREAMS),
    }
    # A path with a colon must not be taken for a protocol.
    address = str(source) if remote else f"file:{Path(source).absolute()}"
    try:
        container = av.open(
            address,
            "r",
            options=options,
            metadata_errors="replace",
            timeout=_READ_SECONDS if remote else None,
        )
    except (FFmpegError, ValueError) as error:
        raise NotAVideoError(_refusal(source, error)) from error
    try:
        with container:
            yield container
    except FFmpegError as error:
        message = f"The file is damaged: {error.strerror}."
        raise NotAVideoError(message) from error


def is_remote(source: Path | str) -> bool:
    """Tell whether a source is an address rather than a file's path."""
    return isinstance(source, str) and source.startswith(("http://", "https://"))


def _refusal(source: Path | str, error: Exception) -> str:
    if not is_remote(source) and not Path(source).stat().st_size:
        return "The file is empty: choose the recording again."
    if isinstance(error, av.error.ArgumentError):  # what the whitelist answers
        return "The file is no recording in a known container (MP4, MOV, MKV, WebM, AVI, MP3 …)."
    if isinstance(error, av.error.MemoryError):  # what FFmpeg answers to more than it may open
        return f"The file has too many tracks (more than {_MOST_STREAMS}), or is damaged."
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError):
        return "The file cannot be read as a video: it is damaged, or was not copied as a whole."
    reason = getattr(error, "strerror", None) or str(error)
    return f"The file cannot be read as a video: {reason}."
