"""Articles on a world in memory, for each service that writes some."""

from uuid import UUID

from shared.articles import Article
from simulation.world import Tables, View


class ArticleRows:
    """See `shared.articles.Articles`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """See `Articles.article_slugs`."""
        return {
            article.slug
            for one, (article, _) in (await self._view.read()).articles.items()
            if (article.chapter_id, article.language) == (chapter_id, language)
            and one != article_id
        }

    async def save_article(self, article: Article) -> None:
        """See `Articles.save_article`."""

        def change(tables: Tables) -> None:
            _, status = tables.articles.get(article.id, (None, "draft"))
            if status != "draft":
                _propose(tables, article)
            else:
                tables.articles[article.id] = (article, status)
                tables.proposals.pop(article.id, None)

        await self._view.write(change)

    async def standing(self, article_id: UUID) -> Article | None:
        """See `Articles.standing`."""
        found, _ = (await self._view.read()).articles.get(article_id, (None, ""))
        return found if found is not None and found.origin else None

    async def propose(self, article: Article) -> None:
        """See `Articles.propose`."""
        await self._view.write(lambda tables: _propose(tables, article))


def _propose(tables: Tables, article: Article) -> None:
    found, _ = tables.articles[article.id]
    if (found.title, found.content) != (article.title, article.content):
        tables.proposals[article.id] = (article.title, article.content)
