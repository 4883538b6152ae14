"""Docgen's rows on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import orjson

from services.docgen.domain.document import Chapter, Segment
from services.docgen.ports import PlacedChapter, Transcript
from shared.errors import UnsupportedError
from shared.events import ArticleRequested
from shared.postgres import tables
from shared.postgres.articles import PostgresArticles
from shared.routes import Service


class PostgresRows(PostgresArticles):
    """See `services.docgen.ports.Rows`."""

    async def save_engine(self, engine: str) -> None:
        """See `Rows.save_engine`. It writes in any language that it is given."""
        await tables.save_engine(self._db, Service.DOCGEN, engine, None)

    async def transcript(self, video_id: UUID) -> Transcript:
        """See `Rows.transcript`."""
        rows = await self._db.fetch(
            """select id, start_time, end_time, spoken_content, visual_context, confidence
               from video_segments where video_id = $1 order by "order" """,
            video_id,
        )
        return Transcript(
            tuple(Segment(n, *tuple(row)[1:]) for n, row in enumerate(rows)),
            tuple(str(row["id"]) for row in rows),
        )

    async def storage_path(self, video_id: UUID) -> str:
        """See `Rows.storage_path`."""
        return await tables.storage_path(self._db, video_id)

    async def spoken_language(self, video_id: UUID) -> str:
        """See `Rows.spoken_language`."""
        found = await tables.spoken_language(self._db, video_id)
        if found is None:
            message = f"the video {video_id} is gone"
            raise UnsupportedError(message)
        return str(found)

    async def slugs(self, project_id: UUID) -> list[tuple[str, UUID | None]]:
        """See `Rows.slugs`."""
        await self._db.execute(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))", str(project_id)
        )
        rows = await self._db.fetch(
            "select slug, video_id from chapters where project_id = $1", project_id
        )
        return [(row["slug"], row["video_id"]) for row in rows]

    async def save_chapters(
        self, project_id: UUID, video_id: UUID, chapters: Sequence[PlacedChapter]
    ) -> list[UUID]:
        """See `Rows.save_chapters`."""
        rows = await self._db.fetch(
            """insert into chapters (id, project_id, video_id, slug, title, description, "order",
                 start_time, end_time, segments)
               select new.id, $1, $2, new.slug, new.title, new.description, new.place - 1,
                 new.start_time, new.end_time,
                 array(select jsonb_array_elements(new.segments)::integer)
               from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::float8[],
                           $8::float8[], $9::jsonb[]) with ordinality
                 as new (id, slug, title, description, start_time, end_time, segments, place)
               order by new.place
               on conflict (project_id, slug) do update set title = excluded.title,
                 description = excluded.description, "order" = excluded."order",
                 start_time = excluded.start_time, end_time = excluded.end_time,
                 segments = excluded.segments
               returning id, "order" """,
            project_id,
            video_id,
            [uuid5(video_id, one.slug) for one in chapters],
            [one.slug for one in chapters],
            [one.chapter.title for one in chapters],
            [one.chapter.description for one in chapters],
            [one.start for one in chapters],
            [one.end for one in chapters],
            [orjson.dumps(one.chapter.segments).decode() for one in chapters],
        )
        ids = [row["id"] for row in sorted(rows, key=lambda row: int(row["order"]))]
        await self._db.execute(
            """delete from chapters c where c.video_id = $1 and c.id <> all($2) and not exists
                 (select from articles a where a.chapter_id = c.id and a.status <> 'draft')""",
            video_id,
            ids,
        )
        return ids

    async def chapters(self, video_id: UUID) -> dict[UUID, Chapter]:
        """See `Rows.chapters`."""
        rows = await self._db.fetch(
            """select id, title, description, segments from chapters
               where video_id = $1 order by "order", id""",
            video_id,
        )
        return {
            row["id"]: Chapter(row["title"], row["description"], tuple(row["segments"]))
            for row in rows
        }

    async def articles_ended(self, event: ArticleRequested) -> tuple[int, int]:
        """See `Rows.articles_ended`."""
        return await tables.settled(self._db, event, Service.DOCGEN, "article/")
