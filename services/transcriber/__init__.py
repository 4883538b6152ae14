"""Turns windows of a video into timed segments."""
