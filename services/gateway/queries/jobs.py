"""Jobs: shown with their steps in one statement, created, cancelled and started again."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.models import Job, JobWithSteps
from shared.events import JobCancel, VideoProcess
from shared.postgres.statements import Executor

_COLUMNS = """j.id, j.project_id, j.video_id, v.title as video_title, j.epoch, j.status, j.step,
  j.step_message, j.progress, j.error_message, j.languages, j.issues, j.engine,
  j.cancel_requested_at, j.started_at, j.completed_at, j.created_at, j.updated_at"""

# job_steps.state is a rank, by which the progress service's fold compares.
_STATES = ("waiting", "running", "waiting_quota", "failed", "done")
_PARTS = ("job", "transcription", "window", "outline", "article", "translation")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Material:
    """What a job on a video needs to know; `supported` is none where any language will do."""

    project_id: UUID
    source_language: str
    storage_path: str | None
    writer: bool
    running: UUID | None
    running_languages: list[str] | None
    engine: str | None
    supported: list[str] | None


async def listed(db: Executor, project_id: UUID | None, limit: int) -> list[Job]:
    """Return the caller's newest jobs first, of one project or of all."""
    rows = await db.fetch(
        f"""select {_COLUMNS} from processing_jobs j join videos v on v.id = j.video_id
            where $1::uuid is null or j.project_id = $1
            order by j.created_at desc, j.id limit $2""",  # noqa: S608 - this module's constant
        project_id,
        limit,
    )
    return [Job.model_validate(_values(row)) for row in rows]


async def found(db: Executor, job_id: UUID) -> JobWithSteps | None:
    """Return a job that the caller sees, with the steps of its present epoch."""
    row = await db.fetchrow(
        f"""select {_COLUMNS}, (
              select coalesce(jsonb_agg(jsonb_build_object('unit', s.unit, 'state', s.state,
                'percent', s.percent, 'reason', s.detail -> 'reason',
                'expected', s.detail -> 'expected')), '[]')
              from job_steps s where s.job_id = j.id and s.epoch = j.epoch and s.unit <> 'cancel'
            ) as steps
            from processing_jobs j join videos v on v.id = j.video_id
            where j.id = $1""",  # noqa: S608 - as above
        job_id,
    )
    if row is None:
        return None
    values = _values(row)
    steps = sorted(orjson.loads(values["steps"]), key=lambda step: _place(step["unit"]))
    values["steps"] = [
        {
            **step,
            "state": _STATES[step["state"]],
            "percent": round(step["percent"], 2),
            "reason": step["reason"] or "",
        }
        for step in steps
    ]
    return JobWithSteps.model_validate(values)


def _values(row: asyncpg.Record) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    values["issues"] = orjson.loads(values["issues"])
    values["progress"] = round(values["progress"], 4)  # a `real`: more digits would be noise
    return values


def _place(unit: str) -> tuple[int, int, str]:
    """Sort units as the work goes, windows by number."""
    part, _, rest = unit.partition("/")
    number = int(rest) if _NUMBER.fullmatch(rest) else 0
    return (_PARTS.index(part) if part in _PARTS else len(_PARTS)), number, rest


async def material(db: Executor, video_id: UUID) -> Material | None:
    """Return what a job on a video needs to know; none where the caller sees no such video.

    Until the transaction ends, nobody else starts a job on the video.
    """
    # A statement of its own: the next one must see what the lock's last holder committed.
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 1))", str(video_id))
    row = await db.fetchrow(
        """select v.project_id, p.source_language, v.storage_path,
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
    db: Executor, video_id: UUID, material: Material, languages: list[str]
) -> VideoProcess:
    """Create a job; return the event that starts it."""
    job_id = await db.fetchval(
        """insert into processing_jobs (project_id, video_id, languages, engine)
           values ($1, $2, $3, $4) returning id""",
        material.project_id,
        video_id,
        languages,
        material.engine,
    )
    return VideoProcess.of(
        job_id=job_id,
        project_id=material.project_id,
        video_id=video_id,
        unit="job",
        languages=tuple(languages),
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
    """Ask a job that has not ended to end; return the event that tells it, none otherwise."""
    row = await db.fetchrow(
        """update processing_jobs
           set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
           where id = $1 and status in ('pending', 'processing')
           returning project_id, video_id, epoch""",
        job_id,
    )
    return None if row is None else JobCancel.of(job_id=job_id, unit="cancel", **dict(row))


async def retry(db: Executor, job_id: UUID) -> VideoProcess | None:
    """Start a job that has ended again, in its next epoch; none where it has not ended.

    To be called with the worker's role: the state is the progress service's in any other case.
    """
    row = await db.fetchrow(
        """update processing_jobs set epoch = epoch + 1, status = 'pending', step = 'uploading',
             step_message = '', progress = 0, error_message = null, issues = '[]',
             cancel_requested_at = null, started_at = null, completed_at = null
           where id = $1 and status in ('completed', 'failed', 'cancelled')
           returning project_id, video_id, epoch, languages""",
        job_id,
    )
    return None if row is None else VideoProcess.of(job_id=job_id, unit="job", **dict(row))
