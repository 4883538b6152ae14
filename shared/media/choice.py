"""Chooses among a file's tracks: which sound is heard, and which subtitles say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shared.media.sound import RATE, Samples, read_sound
from shared.media.tracks import MediaFile, SoundTrack, SubtitleTrack

SILENT = 0.001  # of full scale, root mean square: below it nothing can be heard
_PLACES = 10  # at which a track is listened to
_LISTENED = 3.0  # seconds at each
_SYLLABLE = RATE // 50  # samples: 20 ms
_LIVELY = 6.0  # decibels by which the loudness of speech varies at least; tones and noise do not


@dataclass(frozen=True, slots=True)
class SoundChoice:
    """The chosen track's stream index, none where there is no sound; `count` is of how many.

    `silent` says that nothing was heard at any place that was listened to.
    """

    index: int | None
    count: int
    silent: bool = False


def choose_sound(source: Path | str, media: MediaFile, wanted: int | None) -> SoundChoice:
    """Choose the sound track `wanted`, else the default, else the first that sounds like speech.

    Only where there are several are they listened to, at a few places. `wanted` is a stream index;
    one that the file does not have is passed over.
    """
    count = len(media.sounds)
    if any(one.index == wanted for one in media.sounds):
        return SoundChoice(wanted, count)
    if count < 2:  # noqa: PLR2004 - nothing to choose from
        return SoundChoice(media.sounds[0].index if count else None, count)
    ordered = sorted(media.sounds, key=_preference)
    heard = {one.index: _listen(source, media, one) for one in ordered}
    loud = [one for one in ordered if _level(heard[one.index]) >= SILENT]
    if not loud:
        return SoundChoice(ordered[0].index, count, silent=True)
    if loud[0] is ordered[0]:
        return SoundChoice(ordered[0].index, count)
    speaking = [one for one in loud if sounds_like_speech(heard[one.index])]
    return SoundChoice((speaking or loud)[0].index, count)


def _preference(track: SoundTrack) -> tuple[bool, bool, int]:
    return track.purpose != "main", not track.default, track.index


def _listen(source: Path | str, media: MediaFile, track: SoundTrack) -> Samples:
    """Return the sound at some places of a track, one after another."""
    if media.restarts:
        return read_sound(source, media, track.index, 0.0, _PLACES * _LISTENED)
    spread = max(0.0, media.duration - _LISTENED)
    starts = sorted({round(spread * n / (_PLACES - 1), 1) for n in range(_PLACES)})
    pieces = [
        read_sound(source, media, track.index, start, min(start + _LISTENED, media.duration))
        for start in starts
    ]
    return np.concatenate(pieces)


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0


def sounds_like_speech(samples: Samples) -> bool:
    """Tell whether the loudness rises and falls as syllables and pauses do; 16 kHz, -1 to 1."""
    whole = samples[: len(samples) // _SYLLABLE * _SYLLABLE].reshape(-1, _SYLLABLE)
    levels = np.sqrt(np.mean(np.square(whole), axis=1))
    if not len(levels) or float(levels.max()) < SILENT:
        return False
    return float(np.std(20 * np.log10(np.maximum(levels, SILENT)))) > _LIVELY


def fitting_subtitles(media: MediaFile, spoken: str) -> Sequence[SubtitleTrack]:
    """Return the text tracks that say what is spoken in the language `spoken`, the best first.

    Full ones come before those for the hearing impaired, those that state the language before those
    that state none. Forced ones, commentary, other languages and pictures do not fit.
    """
    rank = {"full": 0, "hearing impaired": 1}
    fitting = [
        one
        for one in media.subtitles
        if one.text and one.purpose in rank and same_language(one.language or spoken, spoken)
    ]
    return sorted(fitting, key=lambda one: (not one.language, rank[one.purpose], not one.default))


def same_language(one: str, other: str) -> bool:
    """Tell whether two BCP 47 tags are of one language, wherever it is spoken."""
    return one.partition("-")[0].casefold() == other.partition("-")[0].casefold()
