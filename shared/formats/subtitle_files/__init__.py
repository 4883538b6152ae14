"""Subtitle files that come from outside: in any common format and encoding, and read tolerantly."""

from shared.formats.subtitle_files.durations import timed
from shared.formats.subtitle_files.reading import SUFFIXES, language_of, read_subtitle_file
from shared.formats.subtitle_files.rolling import said_once

__all__ = ["SUFFIXES", "language_of", "read_subtitle_file", "said_once", "timed"]
