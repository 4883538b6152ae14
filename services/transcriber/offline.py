"""The engine without a model: embedded subtitles, else speech, else on-screen text only."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from services.transcriber import media, screen, speech
from services.transcriber.domain.segments import (
    Segment,
    joined,
    sentences,
    shown_only,
    slide_at,
    slides,
    with_visuals,
)
from shared.spending import Spending


@dataclass(frozen=True, slots=True)
class Offline:
    """The engine port without a model; speech is recognised in `processes`."""

    processes: ProcessPoolExecutor
    name: str = "offline"
    # Raise it when the same window would be heard differently.
    version: str = "3"
    overlap: float = 0.0  # a cue or word belongs to the window in which it starts

    async def transcribe(
        self,
        file: Path,
        start: float,
        end: float,
        *,
        spent: Spending,
    ) -> list[Segment]:
        """See `services.transcriber.ports.Engine.transcribe`."""
        return await asyncio.to_thread(
            transcribe_window, file, start, end, self.processes, spent.reach
        )


def transcribe_window(
    path: Path,
    start: float,
    end: float,
    executor: ProcessPoolExecutor | None = None,
    reach: Callable[[float], None] = lambda _: None,
) -> list[Segment]:
    """Return the segments between `start` and `end`, both seconds from the video's start.

    Times in the result are also from the video's start. A cue or word belongs to the window
    in which it starts. The list is empty where nothing is said and nothing can be read.
    `executor`, from `speech.pool`, is reused for speech; without it each call makes its own.
    `reach` is told what share of the work is done: to look at the slides is one half of it, to
    listen the other.
    """
    holds = media.probe(path)
    end = min(end, holds.duration)
    if end <= start:
        return []
    changes = media.slide_changes(path, start, end) if holds.has_video else []
    spans = slides(start, end, changes)
    visuals = [""] * len(spans)
    for n, span in enumerate(spans if holds.has_video else ()):
        visuals[n] = _visual(path, *span)
        reach((n + 1) / len(spans) / 2)
    spoken = _subtitles(path, start, end)
    if not spoken and holds.has_audio:
        sound = media.audio_16k(path, start, end)
        words = speech.recognise(sound, start, executor, lambda share: reach((1 + share) / 2))
        spoken = sentences(words, changes)
    if spoken:
        heard = {slide_at((each.start + each.end) / 2, changes) for each in spoken}
        unheard = ["" if n in heard else visual for n, visual in enumerate(visuals)]
        both = with_visuals(spoken, changes, visuals) + shown_only(spans, unheard)
        return sorted(both, key=lambda each: (each.start, each.end))
    return _shown(path, start, end, changes) if holds.has_video else []


def _shown(path: Path, start: float, end: float, changes: list[float]) -> list[Segment]:
    """Return what is shown where nothing is said: there, one word that differs is a slide."""
    spans = slides(start, end, [*changes, *media.still_changes(path, start, end)])
    return joined(shown_only(spans, [_visual(path, *span) for span in spans]), changes)


def _visual(path: Path, start: float, end: float) -> str:
    """Return the text in the middle of a slide that is shown from `start` to `end` (seconds)."""
    picture = media.frame_at(path, (start + end) / 2)
    return "" if picture is None else screen.read_screen(picture) or ""


def _subtitles(path: Path, start: float, end: float) -> list[Segment]:
    return [
        Segment(cue.start, cue.end, cue.text, "", None)
        for cue in media.embedded_subtitles(path)
        if start <= cue.start < end
    ]
