"""Jobs: accepted at once, cancelled and started again."""

from http import HTTPStatus
from uuid import UUID

import structlog
from fastapi import APIRouter, Response

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.admission import admit, not_uploaded
from services.gateway.languages import targets
from services.gateway.models.jobs import Accepted, JobWithSteps, NewJob
from services.gateway.once import Key, Made, Make, Once
from services.gateway.parts import Given, Parts
from services.gateway.problems import ProblemError
from services.gateway.queries import job_views, jobs
from shared.events import Event
from shared.postgres.outbox import PostgresOutbox
from shared.postgres.statements import Executor
from shared.routes import Service

router = APIRouter(tags=["jobs"], responses=problems.responses(401, 429))

SOON = "2"  # seconds until a first look at a job is worth its while

logger = structlog.get_logger()


def _no_track(wanted: int, count: int) -> ProblemError:
    has = "no sound track" if not count else f"{count} sound track{'s' if count > 1 else ''}"
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "audio-track-unknown",
        f"The video has no sound track {wanted}",
        f"It has {has} that can be read. Leave audioTrack out, or choose one of them, from 1.",
    )


def no_job() -> ProblemError:
    """Return the refusal for a job that the caller does not see."""
    return problems.not_found(what="job", listing="GET /api/jobs")


@router.post(
    "/videos/process",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    responses=problems.responses(403, 404, 409, 422),
)
async def process(parts: Given, wanted: NewJob, key: Key = None) -> Response:
    """Start a job on an uploaded video; a job that is running on it is answered instead.

    The file is looked at first: what cannot be decoded is refused (422) before anything is queued.
    """
    await admit(parts, wanted.videoId)

    async def make(db: Transaction) -> Made:
        material = await jobs.material(db, wanted.videoId)
        if material is None:
            raise problems.not_found(what="video", listing="GET /api/videos")
        if not material.writer:
            raise problems.forbidden()
        languages = targets(wanted.languages, material.source_language, material.supported)
        if material.storage_path is None:
            raise not_uploaded(wanted.videoId)
        if wanted.audioTrack is not None and wanted.audioTrack > material.sounds:
            raise _no_track(wanted.audioTrack, material.sounds)
        # One that leaves out a language which is asked for now would never make it.
        covered = set(languages) <= set(material.running_languages or ())
        same = covered and wanted.audioTrack is None
        if material.running and same and not wanted.force:
            return _accepted(material.running)
        await act_as_worker(db)
        event = await jobs.create(db, wanted.videoId, material, languages, wanted.audioTrack)
        await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
        return _accepted(event.job_id, event)

    return await _once(parts, key, "process video", make, wanted)


@router.post(
    "/jobs/{job_id}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems.responses(403, 404, 409),
)
async def cancel(parts: Given, job_id: UUID) -> JobWithSteps:
    """Ask a job to end; no more is spent on it. Asked twice, it is the same job."""
    async with parts.access.transaction() as db:
        await _check_writer(db, job_id)
        await act_as_worker(db)
        event = await jobs.cancel(db, job_id)
        found = await job_views.found(db, job_id)
        if found is None:
            raise no_job()
        job, _ = found
        if event is None and job.status != "cancelled":
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "job-ended",
                f"The job has ended: {job.status}",
                "There is nothing to cancel.",
            )
        if event is not None:
            await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
    if event is not None:
        parts.courier.hand(event)
        logger.info("job_cancel_requested", job_id=str(job_id))
    return job


@router.post(
    "/jobs/{job_id}/retry",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    responses=problems.responses(403, 404, 409),
)
async def retry(parts: Given, job_id: UUID, key: Key = None) -> Response:
    """Run a job that has ended again; only what is missing is paid for."""

    async def make(db: Transaction) -> Made:
        await _check_writer(db, job_id)
        await act_as_worker(db)
        event = await jobs.retry(db, job_id)
        if event is None:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "job-running",
                "The job is still running",
                f"Wait for its end, or cancel it: POST /api/jobs/{job_id}/cancel.",
            )
        await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
        return _accepted(job_id, event)

    return await _once(parts, key, f"retry {job_id}", make)


async def _once(
    parts: Parts, key: str | None, operation: str, make: Make, wanted: NewJob | None = None
) -> Response:
    answer, events = await Once(parts.access, key, operation, wanted).answer(make)
    for event in events:
        parts.courier.hand(event)
        logger.info("job_accepted", job_id=str(event.job_id), epoch=event.epoch)
    return answer


async def _check_writer(db: Executor, job_id: UUID) -> None:
    allowed = await jobs.writer(db, job_id)
    if allowed is None:
        raise no_job()
    if not allowed:
        raise problems.forbidden()


def _accepted(job_id: UUID, *events: Event) -> Made:
    headers = {"Location": f"/api/jobs/{job_id}", "Retry-After": SOON}
    return Made(HTTPStatus.ACCEPTED, Accepted(jobId=job_id), headers, events)
