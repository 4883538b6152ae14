"""Articles with their chapters' order."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.models import Article
from shared.postgres.statements import Executor

_SELECT = """select a.id, a.chapter_id, c.slug as chapter_slug, c."order" as chapter_order,
    a.language, a.title, a.slug, a.status, a.content_json, a.content_text
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


def _article(row: asyncpg.Record) -> Article:
    values: dict[str, Any] = dict(row)
    values["content_json"] = orjson.loads(values["content_json"])
    return Article.model_validate(values)
