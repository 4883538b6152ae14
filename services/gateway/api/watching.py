"""Jobs watched: one, many at once, a list, what happened, and a stream of all that changes."""

import asyncio
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.gateway import problems
from services.gateway.api.jobs import no_job
from services.gateway.api.projects import no_project
from services.gateway.api.videos import no_video
from services.gateway.conditional import SAME, IfNoneMatch, answer_model, retry_after, tag_of
from services.gateway.models.jobs import ACTIVE, Batch, Job, JobWithSteps, Moment, Status
from services.gateway.paging import Cursor, Limit, Page, page, place
from services.gateway.parts import Given, Parts
from services.gateway.queries import job_views, projects, videos

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=problems.responses(401, 429))

_MOST = 100  # jobs in one request: proxies take URLs of some 8 kB
_ID = 36  # characters
_EVERY = 1.0  # seconds between a stream's looks
_LONGEST = 900.0  # seconds until a stream ends: a browser asks for the next one, with its token


@router.get("", responses=problems.responses(404))
async def listed(  # noqa: PLR0913, PLR0917 - each is a filter
    parts: Given,
    project_id: UUID | None = None,
    video_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(description="none: any")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Job]:
    """Return the caller's newest jobs first."""
    after = place(cursor)
    async with parts.access.transaction() as db:
        if project_id is not None and not await projects.exists(db, project_id):
            raise no_project()
        if video_id is not None and not await videos.exists(db, video_id):
            raise no_video()
        found = await job_views.listed(
            db,
            project_id=project_id,
            video_id=video_id,
            statuses=status or (),
            after=after,
            limit=limit,
        )
    return page(found, limit)


@router.get("/batch", response_model=Batch, responses=SAME)
async def batch(
    parts: Given,
    request: Request,
    ids: Annotated[
        str,
        Query(
            min_length=_ID,
            max_length=_MOST * (_ID + 1),
            description=f"at most {_MOST} ids, with commas between them",
            examples=["7f8c2f3e-3a86-4f0e-9d0d-0a6f3a1f2b11,0a8f0a43-8a55-4c3c-9b52-4a5a35d7d9b1"],
        ),
    ],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return many jobs in one request, in the order of `ids`; polled as one is.

    A job that the caller does not see is left out.
    """
    del if_none_match  # read from the request, and named here to be described
    wanted = _ids(ids)
    async with parts.access.transaction() as db:
        found = await job_views.many(db, wanted)
    moving = [quiet for job, quiet in found if job.status in ACTIVE]
    later = {"retry_after": retry_after(min(moving))} if moving else {}
    return answer_model(request, Batch(jobs=[job for job, _ in found]), **later)


def _ids(told: str) -> list[UUID]:
    try:
        return [UUID(one.strip()) for one in told.split(",")]
    except ValueError as error:
        raise problems.ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid-request",
            "Not a list of ids",
            "Send ids=<id>,<id>,... with the ids of jobs.",
        ) from error


@router.get(
    "/{job_id}",
    response_model=JobWithSteps,
    responses=SAME | problems.responses(404),
)
async def show(
    parts: Given, request: Request, job_id: UUID, if_none_match: IfNoneMatch = None
) -> Response:
    """Return a job with its steps; with If-None-Match, nothing where it has not changed.

    `Retry-After` says when to ask again: the later, the longer nothing has moved. A job that has
    ended has none.
    """
    del if_none_match  # as above
    async with parts.access.transaction() as db:
        found = await job_views.found(db, job_id)
    if found is None:
        raise no_job()
    job, quiet = found
    later = {"retry_after": retry_after(quiet)} if job.status in ACTIVE else {}
    return answer_model(request, job, **later)


@router.get("/{job_id}/timeline", responses=problems.responses(404))
async def timeline(
    parts: Given, job_id: UUID, limit: Limit = 200, cursor: Cursor = None
) -> Page[Moment]:
    """Return what happened to a job, in order."""
    after = place(cursor)
    async with parts.access.transaction() as db:
        if not await job_views.exists(db, job_id):
            raise no_job()
        found = await job_views.moments(db, job_id, after, limit)
    return page(found, limit, by="occurred_at")


async def _seen(parts: Given, job_id: UUID) -> Parts:
    """Refuse before the stream begins: then it is too late for a status."""
    async with parts.access.transaction() as db:
        if not await job_views.exists(db, job_id):
            raise no_job()
    return parts


@router.get(
    "/{job_id}/stream", response_class=EventSourceResponse, responses=problems.responses(404)
)
async def stream(
    parts: Annotated[Parts, Depends(_seen)],
    job_id: UUID,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send a job, as GET /api/jobs/{job_id} tells it, each time it has changed, until it ends.

    Each event is of the type `job`, its id the entity tag. The same rows as polling reads. After a
    quarter of an hour the stream ends: ask again, with Last-Event-ID.
    """
    told = last_event_id
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        async with parts.access.transaction() as db:
            found = await job_views.found(db, job_id)
        if found is None:
            return
        job, _ = found
        body = job.model_dump_json()
        tag = tag_of(body.encode())
        if tag != told:
            told = tag
            yield ServerSentEvent(event="job", id=tag, raw_data=body)
        if job.status not in ACTIVE:
            return
        await asyncio.sleep(_EVERY)
