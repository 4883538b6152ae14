"""Reads the text tracks of a media file."""

_TEXT = frozenset({"srt", "subrip", "mov_text", "ass", "ssa", "webvtt", "text", "ttml"})


def is_text_codec(name: str) -> bool:
    """Tell whether subtitles in a codec are text, by FFmpeg's name of it."""
    return name in _TEXT
