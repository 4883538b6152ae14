"""The rows that docgen owns, chapters and articles in the source language, and those it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import orjson
from slugify import slugify

from services.docgen.domain.document import Chapter, Outline, Segment
from services.docgen.domain.slugs import assigned
from shared.errors import UnsupportedError
from shared.events import ArticleRequested, Event
from shared.formats import tiptap
from shared.formats.tiptap import Node
from shared.ledger import Executor
from shared.routes import Service

_SLUG = 80  # characters


@dataclass(frozen=True, slots=True)
class Transcript:
    """A video's segments in order, and their rows' ids in the same order."""

    segments: tuple[Segment, ...]
    ids: tuple[str, ...]


async def save_engine(db: Executor, engine: str) -> None:
    """Tell which engine the documents are written by; it writes in any language it is given."""
    await db.execute(
        """insert into engines (service, engine, languages) values ($1, $2, null)
           on conflict (service) do update set
             engine = excluded.engine, languages = null, updated_at = now()""",
        Service.DOCGEN.value,
        engine,
    )


async def transcript(db: Executor, video_id: UUID) -> Transcript:
    """Return the video's segments; none where nothing was transcribed."""
    rows = await db.fetch(
        """select id, start_time, end_time, spoken_content, visual_context, confidence
           from video_segments where video_id = $1 order by "order" """,
        video_id,
    )
    return Transcript(
        tuple(Segment(n, *tuple(row)[1:]) for n, row in enumerate(rows)),
        tuple(str(row["id"]) for row in rows),
    )


async def storage_path(db: Executor, video_id: UUID) -> str:
    """Return where the video lies; raises UnsupportedError where nothing was uploaded."""
    path = await db.fetchval("select storage_path from videos where id = $1", video_id)
    if not path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return str(path)


async def save_outline(
    db: Executor, event: Event, outline: Outline, segments: Sequence[Segment]
) -> list[UUID]:
    """Store a video's chapters in order; return their ids.

    A chapter of the same slug keeps its row. One that the outline no longer has goes, with its
    drafts, unless an article of it is in review or published.
    """
    # Slugs are a project's: of two videos outlined at once, one chooses after the other.
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", str(event.project_id))
    taken = await db.fetch(
        "select slug, video_id from chapters where project_id = $1", event.project_id
    )
    slugs = assigned(
        [_slug(one.title) or "chapter" for one in outline.chapters],
        own={row["slug"] for row in taken if row["video_id"] == event.video_id},
        others={row["slug"] for row in taken if row["video_id"] != event.video_id},
    )
    times = _times(outline, segments)
    ids = [
        await db.fetchval(
            """insert into chapters (id, project_id, video_id, slug, title, description, "order",
                 start_time, end_time) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               on conflict (project_id, slug) do update set title = excluded.title,
                 description = excluded.description, "order" = excluded."order",
                 start_time = excluded.start_time, end_time = excluded.end_time
               returning id""",
            uuid5(event.video_id, slug),
            event.project_id,
            event.video_id,
            slug,
            one.title,
            one.description,
            order,
            *times[order],
        )
        for order, (slug, one) in enumerate(zip(slugs, outline.chapters, strict=True))
    ]
    await db.execute(
        """delete from chapters c where c.video_id = $1 and c.id <> all($2) and not exists
             (select from articles a where a.chapter_id = c.id and a.status <> 'draft')""",
        event.video_id,
        ids,
    )
    return ids


def _times(outline: Outline, segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Return each chapter's start and end in seconds; it ends where the next one starts."""
    cited = [
        [segments[n] for n in one.segments if 0 <= n < len(segments)] for one in outline.chapters
    ]
    starts = [min((one.start for one in each), default=0.0) for each in cited]
    ends = [max((one.end for one in each), default=0.0) for each in cited]
    following = [*starts, float("inf")][1:]
    return [
        (start, max(start, min(end, after)))
        for start, end, after in zip(starts, ends, following, strict=True)
    ]


async def chapter(
    db: Executor, event: ArticleRequested, segments: Sequence[Segment]
) -> tuple[Chapter, Outline]:
    """Return the event's chapter with the segments that begin in it, and all the video's.

    Raises UnsupportedError where the chapter is gone.
    """
    rows = await db.fetch(
        """select id, title, description, start_time, end_time from chapters
           where video_id = $1 order by "order", id""",
        event.video_id,
    )
    chapters = {
        row["id"]: Chapter(
            row["title"],
            row["description"],
            tuple(
                one.number
                for one in segments
                if row["start_time"] <= one.start
                and (one.start < row["end_time"] or one.start == row["start_time"])
            ),
        )
        for row in rows
    }
    if event.chapter_id not in chapters:
        message = f"chapter {event.chapter_id} is gone: process the video again"
        raise UnsupportedError(message)
    return chapters[event.chapter_id], Outline(tuple(chapters.values()))


async def save_article(db: Executor, event: ArticleRequested, title: str, content: Node) -> UUID:
    """Store a chapter's article in the project's source language; return its id.

    One that is in review or published stays as people left it.
    """
    language = await db.fetchval(
        "select source_language from projects where id = $1", event.project_id
    )
    article_id = uuid5(event.chapter_id, language)
    taken = await db.fetch(
        "select slug from articles where chapter_id = $1 and language = $2 and id <> $3",
        event.chapter_id,
        language,
        article_id,
    )
    (slug,) = assigned([_slug(title) or "article"], others={row["slug"] for row in taken})
    await db.execute(
        """insert into articles (id, chapter_id, language, slug, title, content_json, content_text)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (id) do update set slug = excluded.slug, title = excluded.title,
             content_json = excluded.content_json, content_text = excluded.content_text
           where articles.status = 'draft'""",
        article_id,
        event.chapter_id,
        language,
        slug,
        title,
        orjson.dumps(content).decode(),
        tiptap.plain_text(content),
    )
    return article_id


async def articles_ended(db: Executor, event: ArticleRequested) -> tuple[int, int]:
    """Return how many articles of the job and epoch have ended, and how many ended well.

    Taken under the job's lock until the transaction ends: of two articles that end at once, the
    second one sees the first.
    """
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", str(event.job_id))
    row = await db.fetchrow(
        """select count(*) as ended, count(*) filter (where state = 'done') as done
           from work_units where job_id = $1 and epoch = $2 and service = 'docgen'
           and unit like 'article/%' and state in ('done', 'failed')""",
        event.job_id,
        event.epoch,
    )
    if row is None:  # an aggregate always has one row
        raise AssertionError(event)
    return row["ended"], row["done"]


def _slug(title: str) -> str:
    return str(slugify(title, max_length=_SLUG, word_boundary=True))
