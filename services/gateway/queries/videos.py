"""Videos: their rows, and where their files lie."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.models.subtitle_files import SubtitleFile
from services.gateway.models.videos import NewVideo, Video, VideoChange
from services.gateway.paging import Place
from shared.formats import names
from shared.media.tracks import MediaFile
from shared.postgres.statements import Executor

_COLUMNS = """id, project_id, title, filename, status, error_message, storage_path, size_bytes,
  duration, poster,
  array(select coalesce(language, p.source_language) from projects p
        where p.id = project_id and vtt_content is not null)
    || array(select jsonb_object_keys(vtt_origins) order by 1) as languages,
  (select jsonb_build_object('filename', s.filename, 'language', s.language, 'cues', s.cue_count)
   from subtitle_files s where s.video_id = id) as subtitle_file,
  created_at, updated_at"""


async def create(db: Executor, project_id: UUID, wanted: NewVideo) -> Video:
    """Create a video that has no bytes yet."""
    row = await db.fetchrow(
        f"""insert into videos (project_id, title, filename, size_bytes)
            values ($1, $2, $3, $4) returning {_COLUMNS}""",  # noqa: S608 - our own constant
        project_id,
        wanted.title or names.title(wanted.filename),
        wanted.filename,
        wanted.size_bytes,
    )
    if row is None:  # an insert of one row returns one
        raise AssertionError(wanted)
    return _video(row)


async def listed(
    db: Executor, project_id: UUID | None, after: Place | tuple[None, None], limit: int
) -> list[Video]:
    """Return the caller's newest videos first, at most one more than `limit`."""
    values: list[Any] = [] if after[0] is None else [*after]
    older = "true" if after[0] is None else "(created_at, id) < ($1, $2)"
    last = f"order by created_at desc, id desc limit {limit + 1}"
    if project_id is None:
        # The newest of each project, of which the newest are these.
        source = f"""(select v.* from unnest((select member_projects())::uuid[]) m (id)
          cross join lateral (select * from videos where project_id = m.id and {older} {last}) v
          ) v"""  # noqa: S608 - our own words
    else:
        values.append(project_id)
        source = f"videos where project_id = ${len(values)} and {older}"
    rows = await db.fetch(f"select {_COLUMNS} from {source} {last}", *values)  # noqa: S608 - as above
    return [_video(row) for row in rows]


async def found(db: Executor, video_id: UUID) -> Video | None:
    """Return a video that the caller sees, if it is there."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from videos where id = $1",  # noqa: S608 - as above
        video_id,
    )
    return None if row is None else _video(row)


async def change(db: Executor, video_id: UUID, wanted: VideoChange) -> Video | None:
    """Change a video; none where the caller may only read it."""
    row = await db.fetchrow(
        f"update videos set title = coalesce($2, title) where id = $1 returning {_COLUMNS}",  # noqa: S608
        video_id,
        wanted.title,
    )
    return None if row is None else _video(row)


async def exists(db: Executor, video_id: UUID) -> bool:
    """Tell whether the caller sees a video."""
    return bool(await db.fetchval("select exists (select from videos where id = $1)", video_id))


async def is_writer(db: Executor, video_id: UUID) -> bool | None:
    """Tell whether the caller may change a video; none where they see no such video."""
    allowed: bool | None = await db.fetchval(
        """select is_org_writer(p.org_id) from videos v join projects p on p.id = v.project_id
           where v.id = $1""",
        video_id,
    )
    return allowed


async def is_probed(db: Executor, video_id: UUID) -> bool:
    """Tell whether a video's file is known to be one that can be decoded."""
    return bool(
        await db.fetchval("select probed_at is not null from videos where id = $1", video_id)
    )


async def uploaded(db: Executor, video_id: UUID, storage_path: str) -> None:
    """Note that all of a video's bytes are stored. To be called with the worker's role."""
    await db.execute("update videos set storage_path = $2 where id = $1", video_id, storage_path)


async def probed(db: Executor, video_id: UUID, media: MediaFile, poster: str | None) -> None:
    """Note that a video can be decoded, what is in it, and its poster's name, if it has one.

    To be called with the worker's role.
    """
    await db.execute(
        """update videos set probed_at = clock_timestamp(), duration = coalesce(duration, $2),
             poster = coalesce($3, poster), media = coalesce(media, $4), refusal = null
           where id = $1""",
        video_id,
        media.duration,
        poster,
        orjson.dumps(media).decode(),
    )


async def refused(db: Executor, video_id: UUID, reason: str) -> None:
    """Note why a video's file cannot be processed. To be called with the worker's role."""
    await db.execute(
        """update videos set refusal = $2
           where id = $1 and probed_at is null and refusal is distinct from $2""",
        video_id,
        reason,
    )


async def lock(db: Executor, video_ids: Sequence[UUID]) -> None:
    """Keep others from starting jobs on videos until the transaction ends.

    In the order of their ids, so that two who delete cannot wait for each other.
    """
    for video_id in sorted(video_ids):
        # The lock of `jobs.material`.
        await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 1))", str(video_id))


async def running(db: Executor, video_ids: Sequence[UUID]) -> UUID | None:
    """Return a job that has not ended on one of the videos, and that nobody has cancelled."""
    found: UUID | None = await db.fetchval(
        """select id from processing_jobs where video_id = any($1)
             and status in ('pending', 'processing') and cancel_requested_at is null limit 1""",
        list(video_ids),
    )
    return found


async def of_project(db: Executor, project_id: UUID) -> list[UUID]:
    """Return all videos of a project."""
    rows = await db.fetch("select id from videos where project_id = $1", project_id)
    return [row["id"] for row in rows]


async def delete(db: Executor, video_ids: Sequence[UUID]) -> None:
    """Delete videos with all that was made of them. To be called with the worker's role."""
    # Jobs first, as the progress service has them: it locks a job, then its video.
    await db.execute(
        "select from processing_jobs where video_id = any($1) order by id for update",
        list(video_ids),
    )
    await db.execute("delete from videos where id = any($1)", list(video_ids))


def _video(row: asyncpg.Record) -> Video:
    told = dict(row)
    poster = told.pop("poster")
    address = None if poster is None else f"/api/videos/{told['id']}/images/{poster}"
    given = told.pop("subtitle_file")
    file = None if given is None else SubtitleFile.model_validate_json(given)
    return Video(**told, poster_url=address, subtitle_file=file)
