"""Google Gemini behind the engine port: a stretch cut out, uploaded, heard, and asked for again."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pydantic
import structlog

from services.transcriber import cut
from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.placing import Placed, Told, missing, placed
from services.transcriber.domain.segments import Segment
from services.transcriber.domain.windows import OVERLAP, halves
from shared.errors import BadOutputError, TruncatedError, UnsupportedError
from shared.gemini import Gemini
from shared.gemini.answers import twice
from shared.gemini.prompts import load
from shared.spending import Spending
from shared.together import together

_PROMPT = load("services.transcriber", "transcribe")
_SHORTEST = 40.0  # seconds below which a stretch is not divided again
_SILENCE = 30.0  # seconds of which nothing is told, and which are therefore asked for again
# Speech told after the clip's end, above which the model's whole clock is not believed.
_BEYOND = 10.0  # seconds
_BEYOND_SHARE = 0.1  # of the clip

log = structlog.get_logger()


class HeardSegment(pydantic.BaseModel):
    """One segment as the model gives it; times as it writes them, from the file's beginning."""

    model_config = pydantic.ConfigDict(coerce_numbers_to_str=True)

    start_time: str
    end_time: str
    spoken_content: str
    visual_context: str
    speaker: str


class HeardWindow(pydantic.BaseModel):
    """All segments of a window."""

    segments: list[HeardSegment]


@dataclass(frozen=True, slots=True)
class GeminiEngine:
    """The engine port on Gemini."""

    client: Gemini
    version: str = str(_PROMPT.version)
    overlap: float = OVERLAP

    @property
    def name(self) -> str:
        """The model, as results are labelled."""
        return self.client.model

    async def transcribe(
        self, file: Path, start: float, end: float, *, spent: Spending
    ) -> list[Segment]:
        """See `services.transcriber.ports.Engine.transcribe`.

        A part of which nothing is told is asked for once more by itself: a model leaves out the end
        of a long video, or a stretch in its middle. A part that stays empty is a silent one.
        """
        segments = await self._stretch(file, start, end, spent)
        gaps = missing(segments, start, end, _SILENCE)
        # An empty answer to all of it has nothing to stand beside.
        if not gaps or gaps == [(start, end)]:
            return segments
        log.info("stretches_missing", count=len(gaps), seconds=sum(e - s for s, e in gaps))
        reached = [(max(start, s - OVERLAP), min(end, e + OVERLAP)) for s, e in gaps]
        found = await together(self._stretch(file, s, e, spent) for s, e in reached)
        again = [Heard(s, e, one) for (s, e), one in zip(reached, found, strict=True)]
        return merged([*_between(segments, gaps, start, end), *again])

    async def _stretch(
        self, file: Path, start: float, end: float, spent: Spending, *, again: bool = False
    ) -> list[Segment]:
        """Hear a stretch, in halves where the whole is too much for one answer.

        `again` says that it is a half already: a clock that is still wrong is then a model's habit.
        """
        divisible = end - start >= _SHORTEST
        try:
            heard = await self._asked(file, start, end, spent)
        except (TruncatedError, BadOutputError, cut.TooLargeError) as error:
            if not divisible:
                if isinstance(error, cut.TooLargeError):
                    message = f"{end - start:g} s of this video are more than 2 GB: make it smaller"
                    raise UnsupportedError(message) from error
                raise
            log.info("stretch_halved", start=start, end=end, reason=str(error))
            return await self._halves(file, start, end, spent)
        if divisible and not again and heard.beyond > max(_BEYOND, _BEYOND_SHARE * (end - start)):
            log.info("stretch_halved", start=start, end=end, beyond=heard.beyond)
            return await self._halves(file, start, end, spent)
        return heard.segments

    async def _halves(self, file: Path, start: float, end: float, spent: Spending) -> list[Segment]:
        parts = halves(start, end)
        found = await together(self._stretch(file, s, e, spent, again=True) for s, e in parts)
        return merged([Heard(s, e, one) for (s, e), one in zip(parts, found, strict=True)])

    async def _asked(self, file: Path, start: float, end: float, spent: Spending) -> Placed:
        with tempfile.TemporaryDirectory(prefix="docreel-window-") as folder:
            clip = await asyncio.to_thread(cut.window, file, Path(folder), start, end)
            async with self.client.uploaded(clip.path, clip.mime_type) as remote:
                answer = await twice(
                    lambda: self.client.generate(
                        HeardWindow,
                        "Transcribe this video.",
                        instruction=_PROMPT.text,
                        spent=spent,
                        file=remote,
                        seconds=end - clip.begins,
                        about=f"{clip.begins}:{end}",
                    )
                )
        told = [
            Told(one.start_time, one.end_time, one.spoken_content, one.visual_context, one.speaker)
            for one in answer.segments
        ]
        return placed(told, clip.begins, start, end)


def _between(
    segments: list[Segment], gaps: list[tuple[float, float]], start: float, end: float
) -> list[Heard]:
    """Return what was heard as windows of their own, with the gaps between them."""
    edges = [start, *(edge for gap in gaps for edge in gap), end]
    return [
        Heard(left, right, [one for one in segments if left <= one.start < right])
        for left, right in zip(edges[::2], edges[1::2], strict=True)
        if left < right
    ]
