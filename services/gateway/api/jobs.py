"""Jobs: accepted at once, polled cheaply, cancelled and started again."""

import hashlib
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request, Response

from services.gateway import problems
from services.gateway.access import act_as_worker
from services.gateway.languages import targets
from services.gateway.models import Accepted, Job, JobWithSteps, NewJob
from services.gateway.parts import Given
from services.gateway.problems import ProblemError
from services.gateway.queries import jobs, projects
from shared.postgres.outbox import PostgresOutbox
from shared.postgres.statements import Executor
from shared.routes import Service

router = APIRouter(tags=["jobs"])

_AGAIN = "2"  # seconds until a look at a job is worth its while
_OVER = ("completed", "failed", "cancelled")

logger = structlog.get_logger()


def _no_job() -> ProblemError:
    return problems.not_found(what="job", listing="GET /api/jobs")


@router.post(
    "/videos/process",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems.responses(403, 404, 409, 422),
)
async def process(parts: Given, wanted: NewJob, response: Response) -> Accepted:
    """Start a job on an uploaded video; a job that is running on it is answered instead."""
    event = None
    async with parts.access.transaction() as db:
        material = await jobs.material(db, wanted.videoId)
        if material is None:
            raise problems.not_found(what="video", listing="GET /api/videos")
        if not material.writer:
            raise problems.forbidden()
        languages = targets(wanted.languages, material.source_language, material.supported)
        if material.storage_path is None:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "video-not-uploaded",
                "The video is not uploaded yet",
                f"Send all of its bytes to /api/uploads/{wanted.videoId} (tus), then process it.",
            )
        # One that leaves out a language which is asked for now would never make it.
        covered = set(languages) <= set(material.running_languages or ())
        if material.running and covered and not wanted.force:
            job_id = material.running
        else:
            event = await jobs.create(db, wanted.videoId, material, languages)
            job_id = event.job_id
            await act_as_worker(db)
            await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
    if event is not None:
        parts.courier.hand(event)
        logger.info("job_accepted", job_id=str(job_id), languages=languages)
    return _accepted(job_id, response)


@router.get("/jobs", responses=problems.responses(404))
async def listed(
    parts: Given, project_id: UUID | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[Job]:
    """Return the caller's newest jobs first."""
    async with parts.access.transaction() as db:
        if project_id is not None and not await projects.exists(db, project_id):
            raise problems.not_found(what="project", listing="GET /api/projects")
        return await jobs.listed(db, project_id, limit)


@router.get(
    "/jobs/{job_id}",
    response_model=JobWithSteps,
    responses={304: {"description": "As If-None-Match says"}, **problems.responses(404)},
)
async def show(parts: Given, request: Request, job_id: UUID) -> Response:
    """Return a job with its steps; with If-None-Match, nothing where it has not changed."""
    async with parts.access.transaction() as db:
        job = await jobs.found(db, job_id)
    if job is None:
        raise _no_job()
    body = job.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if job.status not in _OVER:
        headers["Retry-After"] = _AGAIN
    known = [one.strip().removeprefix("W/") for one in _known(request)]
    if tag in known or "*" in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _known(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")


@router.post(
    "/jobs/{job_id}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems.responses(403, 404, 409),
)
async def cancel(parts: Given, job_id: UUID) -> JobWithSteps:
    """Ask a job to end; no more is spent on it. Asked twice, it is the same job."""
    async with parts.access.transaction() as db:
        await _check_writer(db, job_id)
        event = await jobs.cancel(db, job_id)
        job = await jobs.found(db, job_id)
        if job is None:
            raise _no_job()
        if event is None and job.status != "cancelled":
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "job-ended",
                f"The job has ended: {job.status}",
                "There is nothing to cancel.",
            )
        if event is not None:
            await act_as_worker(db)
            await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
    if event is not None:
        parts.courier.hand(event)
        logger.info("job_cancel_requested", job_id=str(job_id))
    return job


@router.post(
    "/jobs/{job_id}/retry",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems.responses(403, 404, 409),
)
async def retry(parts: Given, job_id: UUID, response: Response) -> Accepted:
    """Run a job that has ended again; only what is missing is paid for."""
    async with parts.access.transaction() as db:
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
    parts.courier.hand(event)
    logger.info("job_retried", job_id=str(job_id), epoch=event.epoch)
    return _accepted(job_id, response)


async def _check_writer(db: Executor, job_id: UUID) -> None:
    allowed = await jobs.writer(db, job_id)
    if allowed is None:
        raise _no_job()
    if not allowed:
        raise problems.forbidden()


def _accepted(job_id: UUID, response: Response) -> Accepted:
    response.headers["Location"] = f"/api/jobs/{job_id}"
    response.headers["Retry-After"] = _AGAIN
    return Accepted(jobId=job_id)
