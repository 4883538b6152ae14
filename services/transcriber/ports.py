"""What the transcriber asks of an engine."""

from pathlib import Path
from typing import Protocol

from services.transcriber.domain.segments import Segment


class Engine(Protocol):
    """Hears and sees a stretch of a video."""

    @property
    def name(self) -> str:
        """The engine and its model, as results are labelled."""

    @property
    def version(self) -> str:
        """Changes when the same stretch would be heard differently."""

    async def transcribe(self, file: Path, start: float, end: float) -> list[Segment]:
        """Return the segments between `start` and `end`, in seconds from the video's start.

        Ordered, within the stretch, and empty where there is nothing to hear or see. Raises
        `shared.errors.EngineError`.
        """
