"""What a job on a video will use, before anything is spent: tokens by rule of thumb, cost by price.

The rules are of this product's own prompts and of speech at an ordinary pace. A talk of few words
costs less; answers that have to be asked for again cost more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_VIDEO = 300  # tokens a second of video, as the service's guide says for its default resolution
_WINDOW = 600  # seconds
_SPEECH = 3.2  # tokens a second of what is said, at 2.3 words a second
_TRANSCRIPT = 9.0  # tokens a second of what is said and shown, with its times as JSON
_CHAPTER = 240  # seconds
_ARTICLE = 4.0  # tokens a second of video that its articles have
_CUE = 24  # tokens around each subtitle as JSON; about one in four seconds
_CUE_SECONDS = 4.0
_PROMPT = 500  # tokens of an instruction
_BATCH = 1200  # tokens of a translation's answer
_LONGER = 1.2  # times the tokens of English that other languages need


@dataclass(frozen=True, slots=True)
class Forecast:
    """Calls and tokens of one part of a job."""

    part: str
    calls: int
    prompt_tokens: int
    output_tokens: int


def forecast(seconds: float, languages: Sequence[str]) -> list[Forecast]:
    """Return what each part of a job on a video of so many seconds will use."""
    windows = max(1, math.ceil(seconds / _WINDOW))
    chapters = max(1, math.ceil(seconds / _CHAPTER))
    transcript, articles = seconds * _TRANSCRIPT, seconds * _ARTICLE
    parts = [
        _part("transcription", windows, seconds * _VIDEO, transcript),
        _part("outline", 1, transcript, chapters * 60),
        _part("articles", chapters, transcript + chapters * chapters * 40, articles),
    ]
    cues = seconds * _SPEECH + seconds / _CUE_SECONDS * _CUE
    for language in languages:
        made = (cues + articles * 1.3) * _LONGER
        calls = math.ceil(cues / _BATCH) + max(chapters, math.ceil(articles / _BATCH))
        parts.append(_part(f"translation/{language}", calls, cues + articles * 1.3, made))
    return parts


def _part(name: str, calls: int, prompt: float, output: float) -> Forecast:
    return Forecast(name, calls, round(prompt + calls * _PROMPT), round(output))
