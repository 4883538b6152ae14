"""What the translator asks of an engine and of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from services.translator.domain.checks import Failed
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from shared.articles import Article, Articles
from shared.spending import Spending


class Engine(Protocol):
    """Translates items. The same items may be asked for again."""

    @property
    def name(self) -> str:
        """The engine and its model, as results are labelled."""

    @property
    def version(self) -> int:
        """A number that rises when the same items would be translated differently."""

    async def languages(self) -> Sequence[str] | None:
        """Return the target languages (BCP 47), or none where any can be asked for."""

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str | Failed]:
        """Return translations by the items' ids; where none was good, what was wrong with it.

        Calls that cost something are reported in `spent`. Raises `shared.errors.EngineError`,
        `UnsupportedError` for a language it does not have.
        """


@dataclass(frozen=True, slots=True)
class Sides:
    """An article, its machine-begun translation, and the slugs of that language's others."""

    source: Article
    standing: Article | None
    slugs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Subtitles:
    """A video's WebVTT, "" without one, and the WebVTT and origin that stand in a language.

    `standing` is none where no machine began it. What an origin is, `domain.track.Track` tells.
    """

    source: str
    standing: tuple[str, Mapping[str, Any]] | None


class Rows(Articles, Protocol):
    """The rows that the translator reads, and those that it owns: translations."""

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """Tell which engine translates, and to which languages; none for any."""

    async def spoken_language(self, video_id: UUID) -> str | None:
        """Return the language that a video speaks (BCP 47); none where it is gone."""

    async def into(self, video_id: UUID, language: str) -> Into | None:
        """Return what a video's texts become in a language; none where it is gone."""

    async def sides(self, article_id: UUID, language: str, *, held: bool = False) -> Sides | None:
        """Return an article and what stands beside it in a language; none where it is gone.

        Where they are `held`, they stay as they are until the transaction ends.
        """

    async def subtitles(self, video_id: UUID, language: str, *, held: bool = False) -> Subtitles:
        """Return a video's subtitles, and what stands beside them in a language.

        Where they are `held`, they stay as they are until the transaction ends.
        """

    async def save_subtitles(
        self, video_id: UUID, language: str, vtt: str, origin: Mapping[str, Any]
    ) -> None:
        """Write the subtitles of one language, and their origin, beside the others'."""
