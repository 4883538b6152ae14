"""What a stream says of itself: its language, its title, what it is for."""

import langcodes
from av.stream import Disposition, Stream


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
