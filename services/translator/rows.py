"""The translator's rows on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson

from services.translator.domain.style import Into, Style
from services.translator.ports import Sides, Subtitles
from shared.articles import Article
from shared.postgres import tables
from shared.postgres.articles import PostgresArticles
from shared.routes import Service

_COLUMNS = "id, chapter_id, language, slug, title, content_json as content, origin"


def _sides(of_source: str = "", of_others: str = "") -> str:
    return f"""
    with source as (select {_COLUMNS} from articles where id = $1 {of_source}), other as (
      select {_COLUMNS} from articles
      where chapter_id = (select chapter_id from source) and language = $2 {of_others}
    )
    select * from source union all select * from other
    """  # noqa: S608 - made of this module's own words


_SIDES = _sides()
# All languages read the one source at a time; a translation is written by one alone.
_HELD_SIDES = _sides("for share", "for update")


class PostgresRows(PostgresArticles):
    """See `services.translator.ports.Rows`."""

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        await tables.save_engine(self._db, Service.TRANSLATOR, engine, languages)

    async def spoken_language(self, video_id: UUID) -> str | None:
        """See `Rows.spoken_language`."""
        return await tables.spoken_language(self._db, video_id)

    async def into(self, video_id: UUID, language: str) -> Into | None:
        """See `Rows.into`."""
        row = await self._db.fetchrow(
            """select coalesce(v.language, p.source_language) as spoken,
                 p.formality ->> $2 as formality, (
                 select jsonb_object_agg(term, coalesce(translation, term)) from glossary_terms
                 where project_id = p.id and language = $2) as terms
               from videos v join projects p on p.id = v.project_id where v.id = $1""",
            video_id,
            language,
        )
        if row is None:
            return None
        terms = sorted(orjson.loads(row["terms"] or "{}").items())
        return Into(row["spoken"], language, Style(row["formality"], dict(terms)))

    async def sides(self, article_id: UUID, language: str, *, held: bool = False) -> Sides | None:
        """See `Rows.sides`."""
        rows = await self._db.fetch(_HELD_SIDES if held else _SIDES, article_id, language)
        articles = {row["id"]: _article(row) for row in rows}
        if (source := articles.get(article_id)) is None:
            return None
        made = uuid5(source.chapter_id, language)
        standing = articles.get(made)
        return Sides(
            source,
            standing if standing is not None and standing.origin else None,
            frozenset(
                one.slug for one in articles.values() if one.language == language and one.id != made
            ),
        )

    async def subtitles(self, video_id: UUID, language: str, *, held: bool = False) -> Subtitles:
        """See `Rows.subtitles`."""
        query = """select vtt_content as source, vtt_languages ->> $2 as text,
                     vtt_origins -> $2 as origin from videos where id = $1"""
        # With the lock of the update that follows: two that share a weaker one would deadlock.
        row = await self._db.fetchrow(
            f"{query} for no key update" if held else query, video_id, language
        )
        if row is None:
            return Subtitles("", None)
        text, origin = row["text"], row["origin"]
        begun = text is not None and origin is not None
        return Subtitles(row["source"] or "", (text, orjson.loads(origin)) if begun else None)

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


def _article(row: asyncpg.Record) -> Article:
    content, origin = orjson.loads(row["content"]), orjson.loads(row["origin"] or "{}")
    return Article(**{**row, "content": content, "origin": origin})
