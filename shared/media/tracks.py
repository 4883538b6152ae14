"""The tracks of a media file, as plain data: what a person or a later step may choose from."""

from dataclasses import dataclass


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
