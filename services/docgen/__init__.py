"""Writes chapters and articles from a video's segments."""
