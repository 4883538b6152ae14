"""Articles on PostgreSQL, for each service that writes some."""

from uuid import UUID

import orjson

from shared.articles import Article
from shared.formats import tiptap
from shared.postgres.statements import Executor


class PostgresArticles:
    """See `shared.articles.Articles`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """See `Articles.article_slugs`."""
        rows = await self._db.fetch(
            "select slug from articles where chapter_id = $1 and language = $2 and id <> $3",
            chapter_id,
            language,
            article_id,
        )
        return {row["slug"] for row in rows}

    async def save_article(self, article: Article) -> None:
        """See `Articles.save_article`."""
        stored = await self._db.execute(
            """insert into articles as a (id, chapter_id, language, slug, title, content_json,
                 content_text, origin)
               values ($1, $2, $3, $4, $5, $6, $7, $8)
               on conflict (id) do update set slug = excluded.slug, title = excluded.title,
                 content_json = excluded.content_json, content_text = excluded.content_text,
                 origin = excluded.origin, proposal = null
               where a.status = 'draft'""",
            article.id,
            article.chapter_id,
            article.language,
            article.slug,
            article.title,
            orjson.dumps(article.content).decode(),
            tiptap.plain_text(article.content),
            orjson.dumps(article.origin).decode(),
        )
        if stored == "INSERT 0 0":
            await self.propose(article)

    async def standing(self, article_id: UUID) -> Article | None:
        """See `Articles.standing`."""
        row = await self._db.fetchrow(
            """select id, chapter_id, language, slug, title, content_json as content, origin
               from articles where id = $1 and origin is not null for update""",
            article_id,
        )
        if row is None:
            return None
        content, origin = orjson.loads(row["content"]), orjson.loads(row["origin"])
        return Article(**{**row, "content": content, "origin": origin})

    async def propose(self, article: Article) -> None:
        """See `Articles.propose`."""
        await self._db.execute(
            """update articles
               set proposal = jsonb_build_object(
                 'title', $2::text, 'content', $3::jsonb, 'origin', $4::jsonb)
               where id = $1 and (title, content_json) is distinct from ($2::text, $3::jsonb)""",
            article.id,
            article.title,
            orjson.dumps(article.content).decode(),
            orjson.dumps(article.origin).decode(),
        )
