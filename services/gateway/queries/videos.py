"""Videos, their segments and subtitles."""

from uuid import UUID

from services.gateway.models import CreatedVideo, NewVideo, Segment, Subtitles, Video
from shared.postgres.statements import Executor

_COLUMNS = """id, project_id, title, filename, storage_path, size_bytes, duration, created_at,
  updated_at"""


async def create(db: Executor, project_id: UUID, wanted: NewVideo) -> CreatedVideo:
    """Create a video that has no bytes yet."""
    row = await db.fetchrow(
        f"""insert into videos (project_id, title, filename, size_bytes)
            values ($1, $2, $3, $4) returning {_COLUMNS},
            '/api/uploads/' || id as upload_url""",  # noqa: S608 - this module's own constant
        project_id,
        wanted.title or wanted.filename.rpartition(".")[0] or wanted.filename,
        wanted.filename,
        wanted.size_bytes,
    )
    if row is None:  # an insert of one row returns one
        raise AssertionError(wanted)
    return CreatedVideo.model_validate(dict(row))


async def listed(db: Executor, project_id: UUID | None) -> list[Video]:
    """Return the caller's videos, of one project or of all, newest first."""
    rows = await db.fetch(
        f"""select {_COLUMNS} from videos where $1::uuid is null or project_id = $1
            order by created_at desc, id""",  # noqa: S608 - as above
        project_id,
    )
    return [Video.model_validate(dict(row)) for row in rows]


async def found(db: Executor, video_id: UUID) -> Video | None:
    """Return a video that the caller sees, if it is there."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from videos where id = $1",  # noqa: S608 - as above
        video_id,
    )
    return None if row is None else Video.model_validate(dict(row))


async def exists(db: Executor, video_id: UUID) -> bool:
    """Tell whether the caller sees a video."""
    return bool(await db.fetchval("select exists (select from videos where id = $1)", video_id))


async def is_writer(db: Executor, video_id: UUID) -> bool:
    """Tell whether the caller may change a video."""
    return bool(
        await db.fetchval(
            """select is_org_writer(p.org_id) from videos v join projects p on p.id = v.project_id
               where v.id = $1""",
            video_id,
        )
    )


async def uploaded(db: Executor, video_id: UUID, storage_path: str) -> None:
    """Note that all of a video's bytes are stored."""
    await db.execute("update videos set storage_path = $2 where id = $1", video_id, storage_path)


async def segments(db: Executor, video_id: UUID) -> list[Segment]:
    """Return a video's segments in order."""
    rows = await db.fetch(
        """select id, "order", start_time, end_time, spoken_content, visual_context, confidence,
             engine from video_segments where video_id = $1 order by "order" """,
        video_id,
    )
    return [Segment.model_validate(dict(row)) for row in rows]


async def subtitles(db: Executor, video_id: UUID) -> Subtitles | None:
    """Return which subtitles a video has, the spoken language first; none without such a video."""
    row = await db.fetchrow(
        """select p.source_language as source, v.vtt_content is not null as heard,
             array(select jsonb_object_keys(v.vtt_languages) order by 1) as translated
           from videos v join projects p on p.id = v.project_id where v.id = $1""",
        video_id,
    )
    if row is None:
        return None
    source = row["source"]
    spoken = [source] if row["heard"] else []
    others = [tag for tag in row["translated"] if tag != source]
    return Subtitles(source=source, languages=[*spoken, *others])


async def vtt(db: Executor, video_id: UUID, language: str) -> str | None:
    """Return the subtitles of a video in one language as WebVTT, if there are any."""
    text: str | None = await db.fetchval(
        """select case when p.source_language = $2 then v.vtt_content
             else v.vtt_languages ->> $2 end
           from videos v join projects p on p.id = v.project_id where v.id = $1""",
        video_id,
        language,
    )
    return text
