"""The translator's rows on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.translator.domain.style import Style
from services.translator.ports import Article
from shared.formats import tiptap
from shared.postgres.statements import Executor
from shared.routes import Service


class PostgresRows:
    """See `services.translator.ports.Rows`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        await self._db.execute(
            """insert into engines (service, engine, languages) values ($1, $2, $3)
               on conflict (service) do update set engine = excluded.engine,
                 languages = excluded.languages, updated_at = now()""",
            Service.TRANSLATOR.value,
            engine,
            None if languages is None else list(languages),
        )

    async def source_language(self, project_id: UUID) -> str | None:
        """See `Rows.source_language`."""
        found: str | None = await self._db.fetchval(
            "select source_language from projects where id = $1", project_id
        )
        return found

    async def style(self, project_id: UUID, language: str) -> Style:
        """See `Rows.style`."""
        formality = await self._db.fetchval(
            "select formality ->> $2 from projects where id = $1", project_id, language
        )
        terms = await self._db.fetch(
            """select term, coalesce(translation, term) as translation from glossary_terms
               where project_id = $1 and language = $2 order by term""",
            project_id,
            language,
        )
        return Style(formality, {row["term"]: row["translation"] for row in terms})

    async def article(self, article_id: UUID) -> Article | None:
        """See `Rows.article`."""
        row = await self._db.fetchrow(
            """select id, chapter_id, language, slug, title, content_json as content
               from articles where id = $1 for share""",
            article_id,
        )
        if row is None:
            return None
        return Article(**{**row, "content": orjson.loads(row["content"])})

    async def standing(self, article_id: UUID) -> Article | None:
        """See `Rows.standing`."""
        row = await self._db.fetchrow(
            """select id, chapter_id, language, slug, title, content_json as content, origin
               from articles where id = $1 and origin is not null for update""",
            article_id,
        )
        if row is None:
            return None
        content, origin = orjson.loads(row["content"]), orjson.loads(row["origin"])
        return Article(**{**row, "content": content, "origin": origin})

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """See `Rows.article_slugs`."""
        rows = await self._db.fetch(
            "select slug from articles where chapter_id = $1 and language = $2 and id <> $3",
            chapter_id,
            language,
            article_id,
        )
        return {row["slug"] for row in rows}

    async def save_article(self, article: Article) -> None:
        """See `Rows.save_article`."""
        stored = await self._db.execute(
            """insert into articles as a (id, chapter_id, language, slug, title, content_json,
                 content_text, origin) values ($1, $2, $3, $4, $5, $6, $7, $8)
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
            await self._propose(article)

    async def _propose(self, article: Article) -> None:
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

    async def subtitles(self, video_id: UUID, *, held: bool = False) -> str:
        """See `Rows.subtitles`."""
        query = "select vtt_content from videos where id = $1"
        # With the lock of the update that follows: two that share a weaker one would deadlock.
        text = await self._db.fetchval(f"{query} for no key update" if held else query, video_id)
        return text or ""

    async def track(self, video_id: UUID, language: str) -> tuple[str, Mapping[str, Any]] | None:
        """See `Rows.track`."""
        row = await self._db.fetchrow(
            """select vtt_languages ->> $2 as text, vtt_origins -> $2 as origin from videos
               where id = $1 and vtt_languages ? $2 and vtt_origins ? $2""",
            video_id,
            language,
        )
        return None if row is None else (row["text"], orjson.loads(row["origin"]))

    async def save_subtitles(
        self, video_id: UUID, language: str, vtt: str, origin: Mapping[str, Any]
    ) -> None:
        """See `Rows.save_subtitles`."""
        await self._db.execute(
            """update videos
               set vtt_languages = vtt_languages || jsonb_build_object($2::text, $3::text),
                   vtt_origins = vtt_origins || jsonb_build_object($2::text, $4::jsonb)
               where id = $1""",
            video_id,
            language,
            vtt,
            orjson.dumps(origin).decode(),
        )
