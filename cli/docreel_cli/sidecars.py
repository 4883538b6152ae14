"""Subtitle files that lie beside a video: `talk.srt`, `talk.en.vtt`."""

from pathlib import Path

from .client import Gateway
from .errors import GatewayError, UsageError
from .records import Video
from .screen import Screen

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
LARGEST = 4 * 1024 * 1024  # bytes that the gateway takes unless it is told otherwise


def beside(video: Path) -> list[Path]:
    """Return the subtitle files of a video's name that lie in its folder, in order."""
    try:
        there = sorted(video.absolute().parent.iterdir())
    except OSError:  # a folder that may not be listed
        return []
    return [
        one
        for one in there
        if one.suffix.lower() in SUFFIXES
        and (one.stem == video.stem or one.stem.startswith(f"{video.stem}."))
        and one.is_file()
    ]


def tell(screen: Screen, video: Path) -> None:
    """Say which subtitle files lie beside a video and are not used."""
    found = beside(video)
    if not found:
        return
    names = ", ".join(one.name for one in found)
    lies = "lies" if len(found) == 1 else "lie"
    screen.say(
        f"Beside the video {lies} {names}, not used: --subtitles {found[0].name} takes the words "
        "from it."
    )


def read(path: Path) -> bytes:
    """Return a subtitle file's bytes. Raises UsageError for one that is none."""
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    if data is None:
        message = f"{path} is larger than {LARGEST} bytes: it is no subtitle file."
        raise UsageError(message)
    return data


def give(  # noqa: PLR0913, PLR0917 - what is said of it
    gateway: Gateway, screen: Screen, video: Video, path: Path, data: bytes, language: str
) -> None:
    """Send a subtitle file with a video that was just created; refused, both are gone.

    Raises GatewayError.
    """
    try:
        count = gateway.give_subtitles(video.id, path.name, data, language)
    except GatewayError:
        gateway.delete_video(video.id)
        raise
    screen.say(f"Subtitles: {path.name}, {count} cue{'s' * (count != 1)}")
