"""Google Gemini behind the engine port: a stretch cut out, uploaded, heard, and asked for again."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pydantic
import structlog

from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.placing import Placed, Told, missing, placed
from services.transcriber.domain.segments import Segment
from services.transcriber.domain.windows import OVERLAP, halves
from services.transcriber.ports import Recording, Transcript
from shared.child_process import Limits, run_in_child
from shared.errors import BadOutputError, TruncatedError
from shared.gemini import Gemini
from shared.gemini.answers import twice
from shared.gemini.prompts import load
from shared.media.cutting import NotCutError, cut
from shared.spending import Spending
from shared.together import together

_PROMPT = load("services.transcriber", "transcribe")
_SHORTEST = 40.0  # seconds below which a stretch is not divided again
_SILENCE = 30.0  # seconds of which nothing is told, and which are therefore asked for again
# Speech told after the clip's end, above which the model's whole clock is not believed.
_BEYOND = 10.0  # seconds
_BEYOND_SHARE = 0.1  # of the clip
_CUTTING = Limits(cpu=3600, wall=1800)  # a stretch that is encoded again takes a while

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
class _Window:
    """A window that is being heard: the file, what of it, and where its spending is noted."""

    file: Path
    recording: Recording
    spent: Spending
    issues: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GeminiEngine:
    """The engine port on Gemini."""

    client: Gemini
    version: str = str(_PROMPT.version)
    overlap: float = OVERLAP
    reads_subtitles: bool = False  # it hears by itself

    @property
    def name(self) -> str:
        """The model, as results are labelled."""
        return self.client.model

    async def transcribe(
        self, file: Path, recording: Recording, start: float, end: float, *, spent: Spending
    ) -> Transcript:
        """See `services.transcriber.ports.Engine.transcribe`.

        A part of which nothing is told is asked for once more by itself: a model leaves out the end
        of a long video, or a stretch in its middle. A part that stays empty is a silent one.

        Raises NotCutError where nothing of the window can be cut out of the file.
        """
        window = _Window(file, recording, spent)
        segments = await self._stretch(window, start, end)
        gaps = missing(segments, start, end, _SILENCE)
        # An empty answer to all of it has nothing to stand beside.
        if not gaps or gaps == [(start, end)]:
            return _transcript(window, segments)
        log.info("stretches_missing", count=len(gaps), seconds=sum(e - s for s, e in gaps))
        reached = [(max(start, s - OVERLAP), min(end, e + OVERLAP)) for s, e in gaps]
        again = await self._heard_each(window, reached)
        return _transcript(window, merged([*_between(segments, gaps, start, end), *again]))

    async def _stretch(
        self, window: _Window, start: float, end: float, *, again: bool = False
    ) -> list[Segment]:
        """Hear a stretch, in halves where the whole is too much for one answer.

        `again` says that it is a half already: a clock that is still wrong is then a model's habit.
        """
        divisible = end - start >= _SHORTEST
        try:
            heard = await self._asked(window, start, end)
        except (TruncatedError, BadOutputError) as error:
            if not divisible:
                raise
            log.info("stretch_halved", start=start, end=end, reason=str(error))
            return await self._halves(window, start, end)
        if divisible and not again and heard.beyond > max(_BEYOND, _BEYOND_SHARE * (end - start)):
            log.info("stretch_halved", start=start, end=end, beyond=heard.beyond)
            return await self._halves(window, start, end)
        return heard.segments

    async def _halves(self, window: _Window, start: float, end: float) -> list[Segment]:
        return merged(await self._heard_each(window, halves(start, end), again=True))

    async def _heard_each(
        self, window: _Window, stretches: Sequence[tuple[float, float]], *, again: bool = False
    ) -> list[Heard]:
        """Hear stretches side by side; one that cannot be cut out is named as missing."""

        async def hear(start: float, end: float) -> Heard:
            try:
                return Heard(start, end, await self._stretch(window, start, end, again=again))
            except NotCutError as error:
                window.issues.append(f"Not transcribed: {error}.")
                return Heard(start, end, [])

        return await together(hear(start, end) for start, end in stretches)

    async def _asked(self, window: _Window, start: float, end: float) -> Placed:
        with tempfile.TemporaryDirectory(prefix="docreel-window-") as folder:
            clip = await run_in_child(
                cut,
                window.file,
                window.recording.media,
                window.recording.sound,
                (start, end),
                Path(folder),
                limits=_CUTTING,
            )
            async with self.client.uploaded(clip.path, clip.mime_type) as remote:
                answer = await twice(
                    lambda: self.client.generate(
                        HeardWindow,
                        "Transcribe this video.",
                        instruction=_PROMPT.text,
                        spent=window.spent,
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


def _transcript(window: _Window, segments: list[Segment]) -> Transcript:
    return Transcript(segments, tuple(dict.fromkeys(window.issues)))


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
