"""Translates subtitles and articles."""
