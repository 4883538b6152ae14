"""What docgen asks of an engine, of a video and of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from services.docgen.domain.document import Chapter, Draft, Outline, Segment, Wanted
from shared.articles import Articles
from shared.events import ArticleRequested
from shared.spending import Spending


class Writer(Protocol):
    """Makes documents of a transcript. The same segments may be asked for again.

    Both calls report what they use in `spent`, and raise the `EngineError`s of `shared.errors`.
    """

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""

    @property
    def version(self) -> int:
        """A number that rises when the same segments would be written differently."""

    async def outline(self, segments: Sequence[Segment], *, spent: Spending) -> Outline:
        """Return the chapters of a whole video; none where there is nothing to write about."""

    async def write(
        self, chapter: Chapter, segments: Sequence[Segment], outline: Outline, *, spent: Spending
    ) -> Draft:
        """Write one chapter of `outline`. `segments` are the chapter's, with the video's numbers.

        Every section cites the numbers of the segments that it rests on.
        """


class Picture(Protocol):
    """A picture of a video, to be stored as WebP."""

    @property
    def name(self) -> str:
        """The name of its file."""

    @property
    def second(self) -> float:
        """The second of the video that it shows."""

    @property
    def webp(self) -> bytes:
        """The file's bytes."""


class Pictures(Protocol):
    """Takes pictures from a video."""

    async def __call__(self, file: Path, wanted: Sequence[Wanted], /) -> Sequence[Picture | None]:
        """Return each picture that is wanted, None where there is nothing to show.

        Raises UnsupportedError for what is no video at all.
        """


@dataclass(frozen=True, slots=True)
class Transcript:
    """A video's segments in order, and their rows' ids in the same order."""

    segments: tuple[Segment, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedChapter:
    """A chapter with its slug in the project and its times in seconds."""

    chapter: Chapter
    slug: str
    start: float
    end: float


class Rows(Articles, Protocol):
    """The rows that docgen reads, and those that it owns: chapters, source articles."""

    async def save_engine(self, engine: str) -> None:
        """Tell which engine the documents are written by."""

    async def transcript(self, video_id: UUID) -> Transcript:
        """Return the video's segments; none where nothing was transcribed."""

    async def storage_path(self, video_id: UUID) -> str:
        """Return where the video lies; raises UnsupportedError where nothing was uploaded."""

    async def spoken_language(self, video_id: UUID) -> str:
        """Return the language that a project's videos are in (BCP 47)."""

    async def slugs(self, project_id: UUID) -> list[tuple[str, UUID | None]]:
        """Return the slugs of a project's chapters, each with its video.

        Nobody else chooses slugs in the project until the transaction ends.
        """

    async def save_chapters(
        self, project_id: UUID, video_id: UUID, chapters: Sequence[PlacedChapter]
    ) -> list[UUID]:
        """Store a video's chapters in order; return their ids.

        A chapter of the same slug keeps its row. One that is not among them goes, with its drafts,
        unless an article of it is in review or published.
        """

    async def chapters(self, video_id: UUID) -> dict[UUID, Chapter]:
        """Return a video's chapters in order, by their rows' ids."""

    async def articles_ended(self, event: ArticleRequested) -> tuple[int, int]:
        """Return how many articles of the job and epoch have ended, and how many ended well.

        Of two articles that end at once, the second one sees the first: others wait until the
        transaction ends.
        """
