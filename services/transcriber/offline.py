"""The engine without a model: embedded subtitles, else speech, else on-screen text only."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import av

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
from shared.media.subtitles import Cue, is_text_codec, read_text_track
from shared.spending import Spending


@dataclass(frozen=True, slots=True)
class Offline:
    """The engine port without a model; speech is recognised in `processes`."""

    processes: ProcessPoolExecutor
    name: str = "offline"
    # Raise it when the same window would be heard differently.
    version: str = "4"
    overlap: float = 0.0  # a cue or word belongs to the window in which it starts
    subtitles: Sequence[Cue] = ()  # a person's, before those that the video carries

    def reading(self, cues: Sequence[Cue]) -> "Offline":
        """See `services.transcriber.ports.SubtitleReader.reading`."""
        return replace(self, subtitles=tuple(cues))

    async def transcribe(
        self,
        file: Path,
        start: float,
        end: float,
        *,
        spent: Spending,  # noqa: ARG002 - what runs here is free
    ) -> list[Segment]:
        """See `services.transcriber.ports.Engine.transcribe`."""
        return await asyncio.to_thread(
            transcribe_window, file, start, end, self.processes, self.subtitles
        )


def transcribe_window(
    path: Path,
    start: float,
    end: float,
    executor: ProcessPoolExecutor | None = None,
    subtitles: Sequence[Cue] = (),
) -> list[Segment]:
    """Return the segments between `start` and `end`, both seconds from the video's start.

    Times in the result are also from the video's start. A cue or word belongs to the window
    in which it starts. The list is empty where nothing is said and nothing can be read.
    `executor`, from `speech.pool`, is reused for speech; without it each call makes its own.
    `subtitles` are used in place of those that the video carries.
    """
    holds = media.probe(path)
    end = min(end, holds.duration)
    if end <= start:
        return []
    changes = media.slide_changes(path, start, end) if holds.has_video else []
    spans = slides(start, end, changes)
    visuals = [_visual(path, *span) for span in spans] if holds.has_video else [""] * len(spans)
    spoken = _subtitles(path, start, end, subtitles)
    if not spoken and holds.has_audio:
        sound = media.audio_16k(path, start, end)
        spoken = sentences(speech.recognise(sound, start, executor), changes)
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


def _subtitles(path: Path, start: float, end: float, given: Sequence[Cue]) -> list[Segment]:
    return [
        Segment(cue.start, cue.end, cue.text, "", None, cue.speaker)
        for cue in given or _embedded(path)
        if start <= cue.start < end
    ]


def _embedded(path: Path) -> list[Cue]:
    """Return the cues of the first track of text that the video carries."""
    with av.open(str(path)) as container:
        for stream in container.streams.subtitles:
            if stream.codec_context is not None and is_text_codec(stream.codec_context.name):
                return read_text_track(
                    container, stream, (container.start_time or 0) / av.time_base
                )
    return []
