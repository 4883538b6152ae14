"""A subtitle file beside a video: sent with it, read at once, replaced, fetched and taken away."""

import asyncio
import hashlib
import re
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Query, Request, Response

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.api.videos import no_running_job, no_video
from services.gateway.languages import standard
from services.gateway.models.subtitle_files import SubtitleFile
from services.gateway.parts import Given, Parts
from services.gateway.problems import ProblemError
from services.gateway.queries import subtitle_files, videos
from services.gateway.queries.subtitle_files import Stored
from shared.errors import TransientError
from shared.formats.subtitle_files import SUFFIXES, language_of, read_subtitle_file, timed
from shared.formats.vtt import Cue
from shared.storage import MissingObjectError

_LONGEST_NAME = 255  # characters
_FOLDERS = re.compile(r".*[/\\]")

router = APIRouter(
    prefix="/videos/{video_id}/subtitle-file",
    tags=["videos"],
    responses=problems.responses(401, 404, 429),
)
logger = structlog.get_logger()


@router.put(
    "",
    responses=problems.responses(403, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "the file's bytes, in any common encoding",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def put_subtitle_file(
    parts: Given,
    request: Request,
    video_id: UUID,
    filename: Annotated[str, Query(min_length=1, examples=["talk.en.srt"])],
    language: Annotated[
        str | None, Query(description="BCP 47; none: as the name tells, as talk.en.srt")
    ] = None,
) -> SubtitleFile:
    """Put a subtitle file (.srt, .vtt, .ass, .ssa) beside a video, in place of the one before.

    Its words become the video's subtitles when the video is processed the next time.
    """
    name = _FOLDERS.sub("", filename)[:_LONGEST_NAME] or "subtitles"
    data = await request.body()
    async with parts.access.transaction() as db:
        await _check_writer(db, video_id)
    file = await asyncio.to_thread(_read, video_id, data, name, _tag(language, name))
    await parts.storage.put(file.storage_path, data, "application/octet-stream")
    async with parts.access.transaction() as db:
        await _check_writer(db, video_id)
        await act_as_worker(db)
        await videos.lock(db, [video_id])
        await no_running_job(db, [video_id])
        before = await subtitle_files.place(db, video_id)
        await subtitle_files.save(db, video_id, file)
    if before is not None and before[1] != file.storage_path:
        await _discard(parts, before[1])
    return file.told


@router.get(
    "",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        }
    },
)
async def show_subtitle_file(parts: Given, video_id: UUID) -> Response:
    """Return the subtitle file of a video as it was sent."""
    async with parts.access.transaction() as db:
        if not await videos.exists(db, video_id):
            raise no_video()
        found = await subtitle_files.place(db, video_id)
    if found is None:
        raise _none()
    try:
        data = await parts.storage.get(found[1])
    except MissingObjectError as error:
        raise _none() from error
    # What a stranger wrote is never shown within this site, whatever it is.
    return Response(
        data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": "attachment", "Cache-Control": "private, no-cache"},
    )


@router.delete("", status_code=HTTPStatus.NO_CONTENT, responses=problems.responses(403, 409))
async def remove_subtitle_file(parts: Given, video_id: UUID) -> None:
    """Take a video's subtitle file away; what was made of it stays until the next processing."""
    async with parts.access.transaction() as db:
        await _check_writer(db, video_id)
        found = await subtitle_files.place(db, video_id)
        if found is None:
            raise _none()
        await act_as_worker(db)
        await videos.lock(db, [video_id])
        await no_running_job(db, [video_id])
        await subtitle_files.delete(db, video_id)
    await _discard(parts, found[1])


async def _check_writer(db: Transaction, video_id: UUID) -> None:
    writer = await videos.is_writer(db, video_id)
    if writer is None:
        raise no_video()
    if not writer:
        raise problems.forbidden()


def _tag(stated: str | None, name: str) -> str | None:
    """Return the language that a file is in, in its standard form; none where nobody states it.

    Raises ProblemError for what is no language.
    """
    tag = standard(stated) if stated else standard(language_of(name))
    if stated and tag is None:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "unknown-language",
            f"{stated} is no language tag",
            "Give a BCP 47 tag, such as en or pt-BR.",
        )
    return tag


def _read(video_id: UUID, data: bytes, name: str, language: str | None) -> Stored:
    """Read a file. Raises ProblemError where nothing in it can be read."""
    try:
        cues = timed(cue for cue in read_subtitle_file(data, name, language or "") if cue.text)
    except ValueError as error:
        raise _unreadable(name, str(error)) from error
    if not cues:
        raise _unreadable(name, "it holds no subtitles: choose a file that has some")
    written = orjson.dumps([_plain(cue) for cue in cues])
    suffix = PurePosixPath(name).suffix.lower()
    sent = hashlib.sha256(data).hexdigest()[:16]
    path = f"videos/{video_id}/subtitles/{sent}{suffix if suffix in SUFFIXES else '.txt'}"
    digest = hashlib.sha256(written).hexdigest()
    told = SubtitleFile(filename=name, language=language, cues=len(cues))
    return Stored(told, path, digest, written.decode())


def _plain(cue: Cue) -> tuple[float, float, str, str]:
    # PostgreSQL holds no NUL.
    return cue.start, cue.end, cue.text.replace("\0", "\ufffd"), cue.speaker.replace("\0", "")


def _unreadable(name: str, reason: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "subtitles-unreadable",
        "The file is not a subtitle file that can be read",
        f"{name}: {reason}.",
    )


def _none() -> ProblemError:
    return problems.not_found(what="subtitle file", listing="GET /api/videos/<id>")


async def _discard(parts: Parts, path: str) -> None:
    try:
        await parts.storage.discard([path])
    except (TransientError, OSError) as error:
        # It goes with the video.
        logger.warning("subtitle_file_not_discarded", path=path, reason=str(error))
