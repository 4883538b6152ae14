"""A video's file and pictures, for a player: by the caller's token, or by a link that has its own.

The subtitles of a text track are here for the same reason.
"""

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from services.gateway import conditional, problems
from services.gateway.access import Access, Transaction
from services.gateway.api.videos import no_video
from services.gateway.headers import disposition
from services.gateway.languages import standard
from services.gateway.models.videos import Chapter, Media
from services.gateway.parts import Given, Parts, address, opened
from services.gateway.problems import ProblemError
from services.gateway.queries import content, videos
from shared.formats.vtt import Cue, read, write_chapters, write_srt
from shared.storage import MissingObjectError

router = APIRouter(prefix="/videos/{video_id}", tags=["media"])

# What a browser may show by itself; an SVG could run scripts.
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_PICTURES_KEPT = "private, max-age=86400, immutable"
_SHORTEST = 0.001  # seconds that a cue lasts at least


async def _viewer(
    request: Request,
    video_id: UUID,
    token: Annotated[
        str | None, Query(max_length=500, description="from GET /api/videos/{video_id}/media")
    ] = None,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Parts:
    parts = opened(request)
    if token is None:
        return await parts.called_by(authorization, address(request))
    user = parts.media.user(video_id, token)
    parts.rate.count(str(user))
    return replace(parts, access=Access.of(parts.pool, user))


Viewed = Annotated[Parts, Depends(_viewer)]


@router.get("/media", responses=problems.responses(401, 404, 429))
async def links(parts: Given, video_id: UUID) -> Media:
    """Return links to the video's file and a token for the rest, that work without a header."""
    async with parts.access.transaction() as db:
        found = await videos.found(db, video_id)
    if found is None:
        raise no_video()
    token, until = parts.media.token(video_id, parts.access.user_id)
    return Media(
        file_url=f"/api/videos/{video_id}/file?token={token}",
        token=token,
        expires_at=datetime.fromtimestamp(until, UTC),
    )


@router.get(
    "/file",
    response_class=Response,
    responses={
        200: {"content": {"video/*": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "A part, as Range says"},
        307: {"description": "To where the storage serves it"},
        416: {"description": "No such part"},
        **problems.responses(401, 404, 409, 429),
    },
)
async def file(parts: Viewed, video_id: UUID) -> Response:
    """Return the video's file, or the part of it that `Range` names."""
    async with parts.access.transaction() as db:
        found = await videos.found(db, video_id)
    if found is None:
        raise no_video()
    if found.storage_path is None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "video-not-uploaded",
            "The video is not uploaded yet",
            "Send all of its bytes first.",
        )
    kind = mimetypes.guess_type(found.filename)[0] or ""
    try:
        link = await parts.storage.link(found.storage_path, parts.settings.media_link_seconds)
        if link is not None:
            return RedirectResponse(link, HTTPStatus.TEMPORARY_REDIRECT)
        async with parts.storage.local(found.storage_path) as lent:
            # What is no film is never shown within this site, whatever its name says.
            playable = kind.startswith(("video/", "audio/"))
            return FileResponse(
                lent,
                media_type=kind if playable else "application/octet-stream",
                headers={
                    "Cache-Control": "private, max-age=3600",
                    "Content-Disposition": disposition(
                        found.filename, kind="inline" if playable else "attachment"
                    ),
                },
            )
    except MissingObjectError as error:
        raise problems.not_found(what="file", listing="uploading it again") from error


@router.get(
    "/images/{name}",
    response_class=Response,
    responses={
        200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
        **problems.responses(401, 404, 429),
    },
)
async def image(parts: Viewed, video_id: UUID, name: str) -> Response:
    """Return a picture that the video's articles show."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise no_video()
    try:
        data = await parts.storage.get(f"images/{video_id}/{name}")
    except (MissingObjectError, ValueError, OSError) as error:
        raise problems.not_found(what="image", listing="GET /api/videos/<id>/articles") from error
    kind = mimetypes.guess_type(name)[0]
    return Response(
        data,
        media_type=kind if kind in _IMAGES else "application/octet-stream",
        headers={"Cache-Control": _PICTURES_KEPT},
    )


@router.get(
    "/chapters.vtt",
    response_class=Response,
    responses={
        200: {"content": {"text/vtt": {}}},
        **conditional.SAME,
        **problems.responses(401, 404, 429),
    },
)
async def chapters_track(parts: Viewed, video_id: UUID, request: Request) -> Response:
    """Return the video's chapters as a WebVTT track for a player."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise no_video()
        found = await content.chapters(db, video_id)
    return conditional.answer(request, chapters_vtt(found).encode(), "text/vtt; charset=utf-8")


def chapters_vtt(chapters: Sequence[Chapter]) -> str:
    """Return chapters as a WebVTT file for a track of kind "chapters"."""
    return write_chapters(
        Cue(one.start_time, max(one.end_time, one.start_time + _SHORTEST), one.title)
        for one in chapters
    )


@router.get(
    "/subtitles/{language}.vtt",
    response_class=Response,
    responses={
        200: {"content": {"text/vtt": {}}},
        **conditional.SAME,
        **problems.responses(401, 404, 429),
    },
)
async def vtt(parts: Viewed, video_id: UUID, language: str, request: Request) -> Response:
    """Return a video's subtitles in one language, as WebVTT."""
    text = await _subtitles(parts, video_id, language)
    return conditional.answer(request, text.encode(), "text/vtt; charset=utf-8")


@router.get(
    "/subtitles/{language}.srt",
    response_class=Response,
    responses={
        200: {"content": {"application/x-subrip": {}}},
        **conditional.SAME,
        **problems.responses(401, 404, 429),
    },
)
async def srt(parts: Viewed, video_id: UUID, language: str, request: Request) -> Response:
    """Return a video's subtitles in one language, as SubRip."""
    text = write_srt(read(await _subtitles(parts, video_id, language)))
    return conditional.answer(request, text.encode(), "application/x-subrip; charset=utf-8")


async def _subtitles(parts: Parts, video_id: UUID, language: str) -> str:
    async with parts.access.transaction() as db:
        _, _, text = await stored_subtitles(db, video_id, language)
    return text


async def stored_subtitles(db: Transaction, video_id: UUID, language: str) -> tuple[str, bool, str]:
    """Return a language's tag, whether it is the spoken one, and its WebVTT.

    Raises ProblemError where the caller sees no such video, or it has no such subtitles.
    """
    found = await content.subtitles(db, video_id)
    if found is None:
        raise no_video()
    tag = language if language in found.languages else standard(language) or language
    text = await content.vtt(db, video_id, tag) if tag in found.languages else None
    if text is None:
        raise problems.not_in(language, "No subtitles of the video are", found.languages)
    return tag, tag == found.source, text
