"""Docgen's rows on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import orjson

from services.docgen.domain.document import Chapter, Segment
from services.docgen.ports import Article, PlacedChapter, Transcript
from shared.errors import UnsupportedError
from shared.events import ArticleRequested
from shared.formats import tiptap
from shared.postgres.statements import Executor
from shared.routes import Service


class PostgresRows:
    """See `services.docgen.ports.Rows`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def save_engine(self, engine: str) -> None:
        """See `Rows.save_engine`. It writes in any language that it is given."""
        await self._db.execute(
            """insert into engines (service, engine, languages) values ($1, $2, null)
               on conflict (service) do update set
                 engine = excluded.engine, languages = null, updated_at = now()""",
            Service.DOCGEN.value,
            engine,
        )

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
        path = await self._db.fetchval("select storage_path from videos where id = $1", video_id)
        if not path:
            message = f"video {video_id} has no file: upload it, then process it again"
            raise UnsupportedError(message)
        return str(path)

    async def source_language(self, project_id: UUID) -> str:
        """See `Rows.source_language`."""
        found = await self._db.fetchval(
            "select source_language from projects where id = $1", project_id
        )
        if found is None:
            message = f"the project {project_id} is gone"
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
            """insert into articles (id, chapter_id, language, slug, title, content_json,
                 content_text, origin)
               values ($1, $2, $3, $4, $5, $6, $7, $8)
               on conflict (id) do update set slug = excluded.slug, title = excluded.title,
                 content_json = excluded.content_json, content_text = excluded.content_text,
                 origin = excluded.origin, proposal = null
               where articles.status = 'draft'""",
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

    async def propose(self, article: Article) -> None:
        """See `Rows.propose`."""
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

    async def articles_ended(self, event: ArticleRequested) -> tuple[int, int]:
        """See `Rows.articles_ended`."""
        await self._db.execute(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))", str(event.job_id)
        )
        row = await self._db.fetchrow(
            """select count(*) as ended, count(*) filter (where state = 'done') as done
               from work_units where job_id = $1 and epoch = $2 and service = 'docgen'
               and unit like 'article/%' and state in ('done', 'failed')""",
            event.job_id,
            event.epoch,
        )
        if row is None:  # an aggregate always has one row
            raise AssertionError(event)
        return row["ended"], row["done"]
