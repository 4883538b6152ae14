"""Looks at files as Docreel's services do; runs in a child process, as there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from shared.errors import DocreelError
from shared.media.choice import SoundChoice, choose_sound, fitting_subtitles
from shared.media.cutting import cut
from shared.media.frames import picture_at
from shared.media.inspection import inspect
from shared.media.opening import open_media
from shared.media.sound import RATE, Samples, read_sound
from shared.media.subtitles import read_text_track
from shared.media.tracks import MediaFile
from tests.media.drawing import read_colours, read_second

_BLOCK = RATE // 50  # samples: 20 ms
_WITHIN = 0.45  # of a stretch: where its picture is looked at
_AUDIBLE = 0.03  # of full scale, root mean square of a block


@dataclass(frozen=True)
class Asked:
    """A file, the second at which its picture is looked at, and the language of the project."""

    file: Path
    at: float
    language: str


@dataclass(frozen=True)
class ClipSeen:
    """What was seen of a stretch that was cut out; seconds on the recording's own clock.

    `first` and `last` are when something is heard in the stretch, of the clip and of `whole`.
    """

    start: float
    end: float
    begins: float
    ends: float
    heard: tuple[float | None, float | None]
    heard_whole: tuple[float | None, float | None]
    size: tuple[int, int] | None
    colours: tuple[tuple[int, int, int], ...]
    counts: int | None
    counts_whole: int | None


@dataclass(frozen=True)
class Observed:
    """What was seen; `refusal` is the sentence that refused it, and then there is no `media`."""

    refusal: str = ""
    media: MediaFile | None = None
    sound: SoundChoice | None = None
    subtitles: tuple[int, ...] = ()
    size: tuple[int, int] | None = None
    colours: tuple[tuple[int, int, int], ...] = ()
    counts: int | None = None
    first: float | None = None
    last: float | None = None
    cues: tuple[tuple[float, str], ...] = ()
    clips: tuple[ClipSeen, ...] = ()


def observe(asked: list[Asked]) -> list[Observed]:
    """Look at files, one after another."""
    return [_observe(one) for one in asked]


def _observe(asked: Asked) -> Observed:
    try:
        media = inspect(asked.file)
    except DocreelError as error:
        return Observed(str(error))
    choice = choose_sound(asked.file, media, None)
    sound = np.zeros(0, np.float32)
    if choice.index is not None:
        sound = read_sound(asked.file, media, choice.index, 0.0, media.duration)
    first, last = audible(sound)
    fitting = fitting_subtitles(media, asked.language)
    picture = picture_at(asked.file, media, asked.at)
    return Observed(
        media=media,
        sound=choice,
        subtitles=tuple(one.index for one in fitting),
        size=picture.size if picture else None,
        colours=read_colours(picture) if picture else (),
        counts=read_second(picture) if picture else None,
        first=first,
        last=last,
        cues=_cues(asked.file, media, fitting[0].index) if fitting else (),
        clips=tuple(_clips(asked, media, choice.index, sound)),
    )


def _clips(asked: Asked, media: MediaFile, track: int | None, sound: Samples) -> Iterator[ClipSeen]:
    """Cut the whole and its middle third out, as for Gemini, and look at what was cut."""
    third = media.duration / 3
    for start, end, at in (
        (0.0, media.duration, asked.at),
        (third, 2 * third, third + _WITHIN * third),
    ):
        with TemporaryDirectory() as folder:
            clip = cut(asked.file, media, track, (start, end), Path(folder))
            made = inspect(clip.path)
            heard = np.zeros(0, np.float32)
            if made.sounds:
                heard = read_sound(
                    clip.path, made, made.sounds[0].index, start - clip.begins, made.duration
                )
            picture = picture_at(clip.path, made, at - clip.begins)
        whole = picture_at(asked.file, media, at)
        yield ClipSeen(
            start=start,
            end=end,
            begins=clip.begins,
            ends=clip.begins + made.duration,
            heard=_later(audible(heard), start),
            heard_whole=_later(audible(sound[round(start * RATE) : round(end * RATE)]), start),
            size=picture.size if picture else None,
            colours=read_colours(picture) if picture else (),
            counts=read_second(picture) if picture else None,
            counts_whole=read_second(whole) if whole else None,
        )


def _later(
    heard: tuple[float | None, float | None], start: float
) -> tuple[float | None, float | None]:
    first, last = heard
    return (None, None) if first is None or last is None else (start + first, start + last)


def _cues(file: Path, media: MediaFile, track: int) -> tuple[tuple[float, str], ...]:
    with open_media(file) as container:
        found = read_text_track(container, container.streams[track], media.origin)
    return tuple((cue.start, cue.text) for cue in found)


def audible(sound: Samples) -> tuple[float | None, float | None]:
    """Return the seconds at which something is heard first and last."""
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(blocks), axis=1)) > _AUDIBLE)
    if not len(loud):
        return None, None
    return int(loud[0]) * _BLOCK / RATE, (int(loud[-1]) + 1) * _BLOCK / RATE
