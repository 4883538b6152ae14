"""Videos: created with a ticket for their bytes, listed, renamed and deleted."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway import problems, removals
from services.gateway.access import Transaction, act_as_worker
from services.gateway.models.videos import CreatedVideo, NewVideo, Upload, Video, VideoChange
from services.gateway.once import Key, Made, Once
from services.gateway.paging import Cursor, Limit, Page, page, place
from services.gateway.parts import Given, Parts
from services.gateway.problems import ProblemError, too_large
from services.gateway.queries import members, projects, videos
from services.gateway.tickets import ticket

router = APIRouter(prefix="/videos", tags=["videos"], responses=problems.responses(401, 429))


def no_video() -> ProblemError:
    """Return the refusal for a video that the caller does not see."""
    return problems.not_found(what="video", listing="GET /api/videos")


@router.get("", responses=problems.responses(404))
async def listed(
    parts: Given, project_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[Video]:
    """Return the caller's videos, newest first."""
    after = place(cursor)
    async with parts.access.transaction() as db:
        if project_id is not None and not await projects.exists(db, project_id):
            raise problems.not_found(what="project", listing="GET /api/projects")
        found = await videos.listed(db, project_id, after, limit)
    return page([_linked(parts, one) for one in found], limit)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=CreatedVideo,
    responses=problems.responses(403, 404, 413, 422),
)
async def create(parts: Given, wanted: NewVideo, key: Key = None) -> Response:
    """Create a video, and return the ticket for its bytes, which are then sent by tus 1.0."""
    if wanted.size_bytes > parts.settings.max_upload_bytes:
        raise too_large(parts.settings.max_upload_bytes)

    async def make(db: Transaction) -> Made:
        project_id = wanted.project_id or await projects.first(db)
        if project_id is not None:
            await projects.enter(db, project_id)
        writer = None if project_id is None else await projects.is_writer(db, project_id)
        if project_id is None and not await members.organizations(db, parts.access.user_id):
            raise parts.belongs_nowhere()
        if project_id is None or writer is None:
            raise problems.not_found(what="project", listing="GET /api/projects")
        if not writer:
            raise problems.forbidden()
        made = await videos.create(db, project_id, wanted)
        location = {"Location": f"/api/videos/{made.id}"}
        return Made(HTTPStatus.CREATED, await ticket(parts, made), location)

    answer, _ = await Once(parts.access, key, "create video", wanted).answer(make)
    return answer


@router.get("/{video_id}", responses=problems.responses(404))
async def show(parts: Given, video_id: UUID) -> Video:
    """Return a video."""
    async with parts.access.transaction() as db:
        found = await videos.found(db, video_id)
    if found is None:
        raise no_video()
    return _linked(parts, found)


@router.patch("/{video_id}", responses=problems.responses(403, 404))
async def change(parts: Given, video_id: UUID, wanted: VideoChange) -> Video:
    """Change a video's title."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise no_video()
        changed = await videos.change(db, video_id, wanted)
    if changed is None:
        raise problems.forbidden()
    return _linked(parts, changed)


@router.delete(
    "/{video_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems.responses(403, 404, 409)
)
async def remove(parts: Given, video_id: UUID) -> None:
    """Delete a video with its file and all that was made of it. What it has cost stays counted."""
    async with parts.access.transaction() as db:
        writer = await videos.is_writer(db, video_id)
        if writer is None:
            raise no_video()
        if not writer:
            raise problems.forbidden()
        await act_as_worker(db)
        await delete(db, [video_id])


async def delete(db: Transaction, video_ids: Sequence[UUID]) -> None:
    """Delete videos, and note their files. To be called with the worker's role.

    Raises ProblemError (409) where a job runs on one of them.
    """
    await videos.lock(db, video_ids)
    await no_running_job(db, video_ids)
    await videos.delete(db, video_ids)
    await removals.note(db, video_ids)


async def no_running_job(db: Transaction, video_ids: Sequence[UUID]) -> None:
    """Check that no job runs on one of the videos. Raises ProblemError (409)."""
    if (job := await videos.running(db, video_ids)) is not None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "job-running",
            "A job is still running",
            f"Wait for its end, or cancel it first: POST /api/jobs/{job}/cancel.",
        )


@router.post("/{video_id}/upload", responses=problems.responses(403, 404, 409))
async def new_ticket(parts: Given, video_id: UUID) -> Upload:
    """Return a new ticket for the bytes of a video, where the last one has expired."""
    async with parts.access.transaction() as db:
        found = await videos.found(db, video_id)
        if found is None:
            raise no_video()
        if not await videos.is_writer(db, video_id):
            raise problems.forbidden()
    if found.storage_path is not None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "video-uploaded",
            "The video is uploaded already",
            "Process it, or create another video for other bytes.",
        )
    return (await ticket(parts, found)).upload


def _linked(parts: Parts, video: Video) -> Video:
    """Return a video whose poster's address can be shown by a page: an image sends no header."""
    if video.poster_url is None:
        return video
    token, _ = parts.media.token(video.id, parts.access.user_id)
    return video.model_copy(update={"poster_url": f"{video.poster_url}?token={token}"})
