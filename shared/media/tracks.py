"""The tracks of a media file, as plain data: what a person or a later step may choose from."""

from dataclasses import dataclass

import langcodes
from av.stream import Disposition, Stream


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """The moving picture; `width` and `height` in pixels, as a player shows it."""

    index: int
    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound track. `language` is a BCP 47 tag, empty where none is stated.

    `purpose` is "main", "commentary" or "description" (of the picture, for the blind).
    """

    index: int
    codec: str
    language: str
    title: str
    default: bool
    purpose: str
    channels: int


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """A track of subtitles. `language` is a BCP 47 tag, empty where none is stated.

    `purpose` is "full", "forced", "hearing impaired" or "commentary"; one of pictures is no `text`.
    """

    index: int
    codec: str
    language: str
    title: str
    default: bool
    purpose: str
    text: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    """What is in a media file. Times are seconds.

    `duration` is what picture and sound cover. `missing` is how much the file's header states
    beyond that. `origin` is the second of the file's own clock at which it begins. `restarts` says
    that its timestamps start anew on the way, so that it can only be read from the beginning.
    `unreadable` names what is passed over, such as "sound (apac)".
    """

    container: str
    duration: float
    missing: float
    origin: float
    restarts: bool
    picture: PictureTrack | None
    sounds: tuple[SoundTrack, ...]
    subtitles: tuple[SubtitleTrack, ...]
    unreadable: tuple[str, ...]


def language_of(stream: Stream) -> str:
    """Return a stream's language as a BCP 47 tag, or an empty text where none is stated."""
    stated = stream.metadata.get("language") or ""
    if stated.lower() in {"", "und", "mis", "mul", "zxx", "unk", "none"}:
        return ""
    try:
        return langcodes.standardize_tag(stated.replace("_", "-"))
    except ValueError:
        return ""


def title_of(stream: Stream) -> str:
    """Return what a person or a program called a stream, or an empty text."""
    return stream.metadata.get("title") or ""


def purpose_of_sound(stream: Stream) -> str:
    """Return what a sound track is for, by its marks or else its title."""
    title = title_of(stream).casefold()
    if stream.disposition & Disposition.comment or "commentary" in title:
        return "commentary"
    blind = Disposition.visual_impaired | Disposition.descriptions
    if stream.disposition & blind or "audio description" in title:
        return "description"
    return "main"


def purpose_of_subtitles(stream: Stream) -> str:
    """Return what a track of subtitles is for, by its marks or else its title."""
    title = title_of(stream).casefold()
    if stream.disposition & Disposition.forced or "forced" in title:
        return "forced"
    if stream.disposition & Disposition.comment or "commentary" in title:
        return "commentary"
    marked = Disposition.hearing_impaired | Disposition.captions
    if stream.disposition & marked or "sdh" in title.split():
        return "hearing impaired"
    return "full"
