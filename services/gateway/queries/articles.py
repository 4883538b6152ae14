"""Articles with their chapters' order."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.decisions import decided
from services.gateway.models.content import Article, ArticleChange, ListedArticle
from shared.formats import tiptap
from shared.formats.behind import Text, behind
from shared.postgres.statements import Executor

_COLUMNS = """a.id, a.chapter_id, c.slug as chapter_slug, c."order" as chapter_order,
    a.language, a.title, a.slug, a.status, a.content_json, a.content_text, a.proposal, a.updated_at,
    -- Of a translation with the version of its rules or prompts.
    regexp_replace(a.origin ->> 'engine', ':[0-9]+$', '') as engine"""
_FROM = "from articles a join chapters c on c.id = a.chapter_id"
_SELECT = f"select {_COLUMNS} {_FROM}"


async def listed(db: Executor, video_id: UUID, language: str | None) -> list[ListedArticle]:
    """Return a video's articles, in one language or in all, in the order of their chapters.

    Originals are read with their translations, to tell how far these are behind.
    """
    rows = await db.fetch(
        f"""select {_COLUMNS}, a.origin,
              a.language = coalesce(v.language, p.source_language) as is_original
            {_FROM} join projects p on p.id = a.project_id
              join videos v on v.id = a.video_id
            where a.video_id = $1
              and ($2::text is null
                or a.language in ($2::text, coalesce(v.language, p.source_language)))
            order by c."order", c.id, a.language, a.slug""",
        video_id,
        language,
    )
    read = [(_values(row), row["is_original"]) for row in rows]
    originals: dict[UUID, Text] = {}
    for values, is_original in read:
        # What a job translates is the one that a machine began.
        if is_original and (values["origin"] or values["chapter_id"] not in originals):
            originals[values["chapter_id"]] = Text(values["title"], values["content_json"])
    return [
        ListedArticle(
            **values,
            behind=0 if is_original else _behind(originals.get(values["chapter_id"]), values),
        )
        for values, is_original in read
        if language in {None, values["language"]}
    ]


def _behind(original: Text | None, values: dict[str, Any]) -> int:
    """Return how many blocks are behind of a translation, or of what a job proposed beside it."""
    newest = values["proposal"] or values
    if original is None or not newest["origin"]:
        return 0  # a person's own: no job touches it
    return behind(original, Text(newest["title"], newest["content_json"]), newest["origin"])


async def languages(db: Executor, video_id: UUID) -> list[str]:
    """Return the languages that a video has articles in."""
    rows = await db.fetch(
        "select distinct language from articles where video_id = $1 order by 1",
        video_id,
    )
    return [row["language"] for row in rows]


async def found(db: Executor, article_id: UUID) -> Article | None:
    """Return an article that the caller sees, if it is there."""
    row = await db.fetchrow(f"{_SELECT} where a.id = $1", article_id)
    return None if row is None else _article(row)


async def lock(db: Executor, article_id: UUID) -> Article | None:
    """Return an article and keep it as it is until the transaction ends; none for a reader."""
    row = await db.fetchrow(f"{_SELECT} where a.id = $1 for update of a", article_id)
    return None if row is None else _article(row)


async def change(db: Executor, before: Article, wanted: ArticleChange) -> None:
    """Change an article that is locked; its plain text follows its document.

    Raises ValueError for a decision on a block that it does not have.
    """
    content = before.content_json if wanted.content_json is None else wanted.content_json
    if wanted.blocks:
        content = decided(content, await _source(db, before), wanted.blocks)
    await db.execute(
        """update articles set title = coalesce($2, title), content_json = $3, content_text = $4,
             status = coalesce($5, status) where id = $1""",
        before.id,
        wanted.title,
        orjson.dumps(content).decode(),
        tiptap.plain_text(content),
        wanted.status,
    )


async def _source(db: Executor, article: Article) -> dict[str, Any] | None:
    """Return the document that an article translates, if it is there."""
    text = await db.fetchval(
        """select a.content_json from articles a join projects p on p.id = a.project_id
             join videos v on v.id = a.video_id
           where a.chapter_id = $1 and a.id <> $2
             and a.language = coalesce(v.language, p.source_language)""",
        article.chapter_id,
        article.id,
    )
    found: dict[str, Any] | None = None if text is None else orjson.loads(text)
    return found


async def decide(db: Executor, before: Article, *, accept: bool) -> None:
    """Put the proposal in place of a locked article's text, or forget it.

    To be called with the worker's role: what the machine wrote is not a caller's to say.
    """
    if accept and before.proposal is not None:
        await db.execute(
            """update articles set title = proposal ->> 'title',
                 content_json = proposal -> 'content', content_text = $2,
                 origin = proposal -> 'origin' where id = $1""",
            before.id,
            tiptap.plain_text(before.proposal.content_json),
        )
    await db.execute("update articles set proposal = null where id = $1", before.id)


def _article(row: asyncpg.Record) -> Article:
    return Article.model_validate(_values(row))


def _values(row: asyncpg.Record) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    values["content_json"] = orjson.loads(values["content_json"])
    values["origin"] = orjson.loads(values.get("origin") or "null")
    proposal = orjson.loads(values["proposal"] or "null")
    values["proposal"] = proposal and {
        "title": proposal["title"],
        "content_json": proposal["content"],
        "origin": proposal.get("origin"),
    }
    return values
