"""Counts tokens by rule: four characters of text are one, a second of video is three hundred."""

from simulators.gemini.eyes import look
from simulators.gemini.wire import Task

PER_SECOND = 300  # of video at the default resolution
PER_SECOND_LOW = 100
_CHARACTERS = 4


def of_text(text: str) -> int:
    """Return the tokens of a text."""
    return -(-len(text) // _CHARACTERS)


def of_prompt(task: Task) -> int:
    """Return the tokens of a call's whole prompt, its videos included."""
    low = task.config.get("mediaResolution") == "MEDIA_RESOLUTION_LOW"
    rate = PER_SECOND_LOW if low else PER_SECOND
    seconds = sum(look(file.path, file.received).duration for file in task.files)
    return of_text(task.instruction) + of_text(task.text) + round(seconds * rate)
