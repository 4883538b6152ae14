"""An article's row, which docgen writes in the source language and the translator in the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from shared.formats.tiptap import Node


@dataclass(frozen=True, slots=True)
class Article:
    """An article's row in one language.

    `origin` tells what the machine wrote, so that an edit is seen: of docgen
    `{"title", "digest", "engine"}`, of a translation what `services.translator.domain.standing`
    says.
    """

    id: UUID
    chapter_id: UUID
    language: str
    slug: str
    title: str
    content: Node
    origin: Mapping[str, Any] = field(default_factory=dict)


class Articles(Protocol):
    """The articles of whoever writes some."""

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """Return the slugs of a chapter's other articles in a language."""

    async def save_article(self, article: Article) -> None:
        """Store an article; beside one that is in review or published, it is a proposal."""

    async def standing(self, article_id: UUID) -> Article | None:
        """Return an article that a machine began; nobody else writes it meanwhile."""

    async def propose(self, article: Article) -> None:
        """Offer an article beside the one that stands."""
