"""What was made of a video: its segments, chapters and subtitles."""

from uuid import UUID

from services.gateway.models.content import Segment, Subtitles
from services.gateway.models.videos import Chapter
from shared.postgres.statements import Executor


async def segments(db: Executor, video_id: UUID) -> list[Segment]:
    """Return a video's segments in order."""
    rows = await db.fetch(
        """select id, "order", start_time, end_time, spoken_content, visual_context, confidence,
             engine from video_segments where video_id = $1 order by "order" """,
        video_id,
    )
    return [Segment.model_validate(dict(row)) for row in rows]


async def chapters(db: Executor, video_id: UUID) -> list[Chapter]:
    """Return a video's chapters in order."""
    rows = await db.fetch(
        """select id, slug, title, description, "order", start_time, end_time from chapters
           where video_id = $1 order by "order", id""",
        video_id,
    )
    return [Chapter.model_validate(dict(row)) for row in rows]


async def subtitles(db: Executor, video_id: UUID) -> Subtitles | None:
    """Return which subtitles a video has, the spoken language first; none without such a video."""
    row = await db.fetchrow(
        """select coalesce(v.language, p.source_language) as source,
             v.vtt_content is not null as heard,
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
        """select case when coalesce(v.language, p.source_language) = $2 then v.vtt_content
             else v.vtt_languages ->> $2 end
           from videos v join projects p on p.id = v.project_id where v.id = $1""",
        video_id,
        language,
    )
    return text


async def proposal(db: Executor, video_id: UUID) -> str | None:
    """Return what a machine heard later, as WebVTT, where a person had edited the subtitles."""
    text: str | None = await db.fetchval("select vtt_proposal from videos where id = $1", video_id)
    return text


async def decide(db: Executor, video_id: UUID, *, accept: bool) -> None:
    """Put the proposal in place of a locked video's subtitles, or forget it.

    To be called with the worker's role: what the machine heard is not a caller's to say.
    """
    await db.execute(
        """update videos set vtt_proposal = null,
             vtt_content = case when $2 then vtt_proposal else vtt_content end
           where id = $1 and vtt_proposal is not null""",
        video_id,
        accept,
    )


async def lock(db: Executor, video_id: UUID) -> bool:
    """Keep a video's subtitles as they are until the transaction ends; false for a reader.

    To be called as the caller: only a writer's lock finds the row.
    """
    return bool(
        await db.fetchval("select true from videos where id = $1 for no key update", video_id)
    )


async def save_vtt(db: Executor, video_id: UUID, language: str, text: str, *, spoken: bool) -> None:
    """Put a WebVTT text in place of a video's subtitles in one language."""
    if spoken:
        await db.execute("update videos set vtt_content = $2 where id = $1", video_id, text)
        return
    await db.execute(
        """update videos set vtt_languages = vtt_languages || jsonb_build_object($2::text, $3::text)
           where id = $1""",
        video_id,
        language,
        text,
    )
