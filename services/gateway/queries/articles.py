"""Articles with their chapters' order."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.models.content import Article, ArticleChange
from shared.formats import tiptap
from shared.postgres.statements import Executor

_SELECT = """select a.id, a.chapter_id, c.slug as chapter_slug, c."order" as chapter_order,
    a.language, a.title, a.slug, a.status, a.content_json, a.content_text, a.updated_at
  from articles a join chapters c on c.id = a.chapter_id"""


async def listed(db: Executor, video_id: UUID, language: str | None) -> list[Article]:
    """Return a video's articles, in one language or in all, in the order of their chapters."""
    rows = await db.fetch(
        f"""{_SELECT} where c.video_id = $1 and ($2::text is null or a.language = $2)
            order by c."order", c.id, a.language, a.slug""",
        video_id,
        language,
    )
    return [_article(row) for row in rows]


async def found(db: Executor, article_id: UUID) -> Article | None:
    """Return an article that the caller sees, if it is there."""
    row = await db.fetchrow(f"{_SELECT} where a.id = $1", article_id)
    return None if row is None else _article(row)


async def lock(db: Executor, article_id: UUID) -> Article | None:
    """Return an article and keep it as it is until the transaction ends; none for a reader."""
    row = await db.fetchrow(f"{_SELECT} where a.id = $1 for update of a", article_id)
    return None if row is None else _article(row)


async def change(db: Executor, before: Article, wanted: ArticleChange) -> None:
    """Change an article that is locked; its plain text follows its document."""
    content = before.content_json if wanted.content_json is None else wanted.content_json
    title = before.title if wanted.title is None else wanted.title
    edited = (content, title) != (before.content_json, before.title)
    # A draft is the machine's to write again: what a person has edited is one no more.
    kept = "in_review" if edited and before.status == "draft" else before.status
    await db.execute(
        """update articles set title = $2, content_json = $3, content_text = $4, status = $5
           where id = $1""",
        before.id,
        title,
        orjson.dumps(content).decode(),
        tiptap.plain_text(content),
        wanted.status or kept,
    )


def _article(row: asyncpg.Record) -> Article:
    values: dict[str, Any] = dict(row)
    values["content_json"] = orjson.loads(values["content_json"])
    return Article.model_validate(values)
