"""Looks at a video's file before it is cut into windows: what is in it, and what of it is heard."""

import asyncio
import hashlib
from pathlib import Path

from services.transcriber.ports import Look, Recording, Wishes
from shared.child_process import Limits, run_in_child
from shared.media.choice import SoundChoice, choose_sound, same_language
from shared.media.inspection import inspect
from shared.media.tracks import MediaFile

_LIMITS = Limits(cpu=600, wall=900)  # a file without an index is read as a whole


async def look(file: Path, wishes: Wishes) -> Look:
    """See `services.transcriber.ports.Looking`; the file is read in a child process."""
    media, digest = await asyncio.gather(
        run_in_child(inspect, file, limits=_LIMITS), asyncio.to_thread(_sha256, file)
    )
    wanted, track = None, wishes.audio_track
    if track is not None and track <= len(media.sounds):
        wanted = media.sounds[track - 1].index
    if len(media.sounds) > 1 and wanted is None:
        choice = await run_in_child(choose_sound, file, media, None, limits=_LIMITS)
    else:
        choice = choose_sound(file, media, wanted)
    stated = wishes.subtitles_language or _language(media, choice)
    issues = tuple(_issues(media, choice, stated, wishes))
    return Look(Recording(media, choice.index, stated or wishes.project_language), digest, issues)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _language(media: MediaFile, choice: SoundChoice) -> str:
    return next((one.language for one in media.sounds if one.index == choice.index), "")


def _issues(media: MediaFile, choice: SoundChoice, stated: str, wishes: Wishes) -> list[str]:
    found = []
    if media.missing:
        found.append(
            f"The file ends {_minutes(media.missing)} earlier than it states: "
            f"only its first {_minutes(media.duration)} are there. Was it copied as a whole?"
        )
    found += [f"Not read: {one}." for one in media.unreadable]
    track, language = wishes.audio_track, wishes.project_language
    if track is not None and track > choice.count:
        found.append(
            f"There is no sound track {track}: the file has {choice.count} that can be read."
        )
    if choice.count > 1:
        place = [one.index for one in media.sounds].index(choice.index or 0) + 1
        named = _named(media, choice)
        found.append(
            f"Sound track {place} of {choice.count}{named} was heard, and no other. "
            "To hear another one, process the video again with its number as audio track."
        )
    if stated and not same_language(stated, language):
        what = "subtitle file" if wishes.subtitles_language else "sound"
        found.append(
            f"The {what} is marked as {stated}, and the project's language is {language}: "
            f"the transcript and its documents are taken to be {stated}."
        )
    return found


def _named(media: MediaFile, choice: SoundChoice) -> str:
    track = next(one for one in media.sounds if one.index == choice.index)
    words = [word for word in (track.title, track.language) if word]
    return f" ({', '.join(words)})" if words else ""


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
