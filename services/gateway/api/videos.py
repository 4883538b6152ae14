"""Videos: created, listed, and what was made of them."""

import mimetypes
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.gateway import problems
from services.gateway.languages import standard
from services.gateway.models import (
    Article,
    CreatedVideo,
    NewVideo,
    Segment,
    Subtitles,
    Video,
)
from services.gateway.parts import Given
from services.gateway.queries import articles, projects, videos
from services.gateway.uploads import too_large
from shared.storage import MissingObjectError

router = APIRouter(prefix="/videos", tags=["videos"])

# What a browser may show by itself; an SVG could run scripts.
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")


def _no_video() -> problems.ProblemError:
    return problems.not_found(what="video", listing="GET /api/videos")


@router.get("", responses=problems.responses(404))
async def listed(parts: Given, project_id: UUID | None = None) -> list[Video]:
    """Return the caller's videos, newest first."""
    async with parts.access.transaction() as db:
        if project_id is not None and not await projects.exists(db, project_id):
            raise problems.not_found(what="project", listing="GET /api/projects")
        return await videos.listed(db, project_id)


@router.post(
    "", status_code=HTTPStatus.CREATED, responses=problems.responses(403, 404, 409, 413, 422)
)
async def create(parts: Given, wanted: NewVideo, response: Response) -> CreatedVideo:
    """Create a video; its bytes are then sent to `upload_url` (tus 1.0)."""
    if wanted.size_bytes > parts.settings.max_upload_bytes:
        raise too_large(parts.settings.max_upload_bytes)
    async with parts.access.transaction() as db:
        if wanted.project_id is None:
            project_id = await projects.first(db)
        else:
            known = await projects.exists(db, wanted.project_id)
            project_id = wanted.project_id if known else None
        if project_id is None:
            raise problems.not_found(what="project", listing="GET /api/projects")
        made = await videos.create(db, project_id, wanted)
    response.headers["Location"] = f"/api/videos/{made.id}"
    return made


@router.get("/{video_id}", responses=problems.responses(404))
async def show(parts: Given, video_id: UUID) -> Video:
    """Return a video."""
    async with parts.access.transaction() as db:
        found = await videos.found(db, video_id)
    if found is None:
        raise _no_video()
    return found


@router.get("/{video_id}/segments", responses=problems.responses(404))
async def segments(parts: Given, video_id: UUID) -> list[Segment]:
    """Return what is said and shown in a video, in order."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise _no_video()
        return await videos.segments(db, video_id)


@router.get("/{video_id}/subtitles", responses=problems.responses(404))
async def subtitles(parts: Given, video_id: UUID) -> Subtitles:
    """Return the languages that a video has subtitles in."""
    async with parts.access.transaction() as db:
        found = await videos.subtitles(db, video_id)
    if found is None:
        raise _no_video()
    return found


@router.get(
    "/{video_id}/subtitles/{language}.vtt",
    response_class=Response,
    responses={200: {"content": {"text/vtt": {}}}, **problems.responses(404)},
)
async def vtt(parts: Given, video_id: UUID, language: str) -> Response:
    """Return a video's subtitles in one language, as WebVTT."""
    async with parts.access.transaction() as db:
        found = await videos.subtitles(db, video_id)
        if found is None:
            raise _no_video()
        tag = language if language in found.languages else standard(language) or language
        text = await videos.vtt(db, video_id, tag) if tag in found.languages else None
    if text is None:
        there = ", ".join(found.languages) or "none yet: process the video first"
        raise problems.ProblemError(
            HTTPStatus.NOT_FOUND,
            "no-subtitles",
            f"The video has no subtitles in {language}",
            f"Languages that there are: {there}.",
        )
    return Response(text, media_type="text/vtt; charset=utf-8")


@router.get("/{video_id}/articles", responses=problems.responses(404))
async def of_video(
    parts: Given,
    video_id: UUID,
    language: Annotated[str | None, Query(description="BCP 47; none: all", examples=["es"])] = None,
) -> list[Article]:
    """Return a video's articles in the order of their chapters; an empty list where none are."""
    tag = None if language is None else standard(language) or language
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise _no_video()
        return await articles.listed(db, video_id, tag)


@router.get(
    "/{video_id}/images/{name}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **problems.responses(404)},
)
async def image(parts: Given, video_id: UUID, name: str) -> Response:
    """Return a picture that the video's articles show."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise _no_video()
    try:
        data = await parts.storage.get(f"images/{video_id}/{name}")
    except (MissingObjectError, ValueError) as error:
        raise problems.not_found(what="image", listing="GET /api/videos/<id>/articles") from error
    kind = mimetypes.guess_type(name)[0]
    return Response(
        data,
        media_type=kind if kind in _IMAGES else "application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff"},
    )
