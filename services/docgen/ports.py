"""What docgen needs from an engine."""

from collections.abc import Sequence
from typing import Protocol

from services.docgen.domain.document import Chapter, Draft, Outline, Segment


class Writer(Protocol):
    """Makes documents of a transcript. The same segments may be asked for again.

    Both calls raise the `EngineError`s of `shared.errors`.
    """

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""

    @property
    def version(self) -> int:
        """A number that rises when the same segments would be written differently."""

    async def outline(self, segments: Sequence[Segment]) -> Outline:
        """Return the chapters of a whole video; none where there is nothing to write about."""

    async def write(self, chapter: Chapter, segments: Sequence[Segment], outline: Outline) -> Draft:
        """Write one chapter of `outline`. `segments` are the chapter's, with the video's numbers.

        Every section cites the numbers of the segments that it rests on.
        """
