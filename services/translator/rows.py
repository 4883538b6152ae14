"""The translator's rows on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.translator.domain.style import Style
from shared.articles import Article
from shared.postgres import tables
from shared.postgres.articles import PostgresArticles
from shared.routes import Service


class PostgresRows(PostgresArticles):
    """See `services.translator.ports.Rows`."""

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        await tables.save_engine(self._db, Service.TRANSLATOR, engine, languages)

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
