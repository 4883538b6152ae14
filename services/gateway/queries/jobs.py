"""Jobs: created, cancelled and started again; each of these is one statement."""

from dataclasses import dataclass
from uuid import UUID

from services.gateway.queries import projects
from shared import tracing
from shared.events import JobCancel, VideoProcess
from shared.postgres.statements import Executor


@dataclass(frozen=True, slots=True)
class Material:
    """What a job on a video needs to know; `supported` is none where any language will do."""

    project_id: UUID
    source_language: str
    storage_path: str | None
    sounds: int
    writer: bool
    running: UUID | None
    running_languages: list[str] | None
    engine: str | None
    supported: list[str] | None


async def material(db: Executor, video_id: UUID) -> Material | None:
    """Return what a job on a video needs to know; none where the caller sees no such video.

    Until the transaction ends, nobody else starts a job on the video, or deletes its project.
    """
    project_id = await db.fetchval("select project_id from videos where id = $1", video_id)
    if project_id is None:
        return None
    await projects.enter(db, project_id)
    # A statement of its own: the next one must see what the lock's last holder committed.
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 1))", str(video_id))
    row = await db.fetchrow(
        """select v.project_id, coalesce(v.language, p.source_language) as source_language,
             v.storage_path,
             coalesce(jsonb_array_length(v.media -> 'sounds'), 0) as sounds,
             is_org_writer(p.org_id) as writer,
             j.id as running, j.languages as running_languages,
             e.engine, e.languages as supported
           from videos v join projects p on p.id = v.project_id
           left join lateral (
             select id, languages from processing_jobs
             where video_id = v.id and status in ('pending', 'processing')
               and cancel_requested_at is null
             order by created_at desc limit 1) j on true
           left join engines e on e.service = 'translator'
           where v.id = $1""",
        video_id,
    )
    return None if row is None else Material(**dict(row))


async def create(
    db: Executor,
    video_id: UUID,
    material: Material,
    languages: list[str],
    audio_track: int | None = None,
) -> VideoProcess:
    """Create a job; return the event that starts it.

    `audio_track` is the number, from 1, of the sound track that is heard; none leaves the choice.

    To be called with the worker's role: members may read jobs, and write none but by the gateway.
    """
    job_id = await db.fetchval(
        """insert into processing_jobs (project_id, video_id, languages, engine, audio_track)
           values ($1, $2, $3, $4, $5) returning id""",
        material.project_id,
        video_id,
        languages,
        material.engine,
        audio_track,
    )
    return VideoProcess.of(
        traceparent=tracing.current(),
        job_id=job_id,
        project_id=material.project_id,
        video_id=video_id,
        unit="job",
        languages=tuple(languages),
        audio_track=audio_track,
    )


async def writer(db: Executor, job_id: UUID) -> bool | None:
    """Tell whether the caller may change a job; none where they see no such job."""
    allowed: bool | None = await db.fetchval(
        """select is_org_writer(p.org_id) from processing_jobs j
           join projects p on p.id = j.project_id where j.id = $1""",
        job_id,
    )
    return allowed


async def cancel(db: Executor, job_id: UUID) -> JobCancel | None:
    """Ask a job that has not ended to end; return the event that tells it, none otherwise.

    To be called with the worker's role, as `create`.
    """
    row = await db.fetchrow(
        """update processing_jobs
           set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
           where id = $1 and status in ('pending', 'processing')
           returning project_id, video_id, epoch""",
        job_id,
    )
    return (
        None
        if row is None
        else JobCancel.of(job_id=job_id, unit="cancel", traceparent=tracing.current(), **dict(row))
    )


async def retry(db: Executor, job_id: UUID) -> VideoProcess | None:
    """Start a job that has ended again, in its next epoch; none where it has not ended.

    To be called with the worker's role: the state is the progress service's in any other case.
    """
    row = await db.fetchrow(
        """update processing_jobs set epoch = epoch + 1, status = 'pending', step = 'uploading',
             step_message = '', progress = 0, error_message = null, issues = '[]',
             cancel_requested_at = null, started_at = null, completed_at = null
           where id = $1 and status in ('completed', 'failed', 'cancelled')
           returning project_id, video_id, epoch, languages, audio_track""",
        job_id,
    )
    return (
        None
        if row is None
        else VideoProcess.of(job_id=job_id, unit="job", traceparent=tracing.current(), **dict(row))
    )
