"""Uploads by the tus protocol's core (https://tus.io/protocols/resumable-upload, 1.0.0)."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from services.gateway import admission, problems
from services.gateway.access import act_as_worker
from services.gateway.models.videos import Video
from services.gateway.parts import Given, Opened, Parts
from services.gateway.problems import ProblemError, too_large
from services.gateway.queries import videos
from services.gateway.uploads import Upload, storage_path

_VERSION = {"Tus-Resumable": "1.0.0"}
_TYPE = "application/offset+octet-stream"
_ANY_SIZE = 2**62  # bytes: the upload's own length is what bounds it


class _TusRoute(APIRoute):
    """A route whose refusals name tus's version too, as every one of its answers has to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except ProblemError as error:
                error.headers.update(_VERSION)
                raise

        return handled


router = APIRouter(
    prefix="/uploads",
    tags=["uploads"],
    route_class=_TusRoute,
    responses=problems.responses(401, 429),
)


@router.options("/{video_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems.responses(404))
async def options(parts: Opened, video_id: UUID) -> Response:  # noqa: ARG001 - part of the path
    """Tell what of tus is spoken here."""
    most = str(parts.settings.max_upload_bytes)
    return Response(
        status_code=HTTPStatus.NO_CONTENT,
        headers=_VERSION | {"Tus-Version": "1.0.0", "Tus-Max-Size": most},
    )


@router.head("/{video_id}", responses=problems.responses(403, 404, 412, 423))
async def offset(parts: Given, request: Request, video_id: UUID) -> Response:
    """Tell how many bytes have arrived (`Upload-Offset`) of how many (`Upload-Length`)."""
    _check_version(request)
    video, upload = await _found(parts, video_id)
    arrived = upload.length if video.storage_path else upload.offset()
    if arrived == upload.length and not video.storage_path:
        # The gateway ended between the last byte and the database: the client is done, so end it.
        with upload.locked():
            await _store(parts, video, upload)
        await _look_at(parts, video)
    headers = _state(arrived, upload) | {"Cache-Control": "no-store"}
    return Response(status_code=HTTPStatus.OK, headers=headers)


@router.patch(
    "/{video_id}",
    status_code=HTTPStatus.NO_CONTENT,
    max_body_size=_ANY_SIZE,
    responses=problems.responses(400, 403, 404, 408, 409, 412, 413, 415, 423, 507),
)
async def append(parts: Given, request: Request, video_id: UUID) -> Response:
    """Append the body's bytes at `Upload-Offset`; the last ones make the video ready."""
    _check_version(request)
    start = _start(request)
    video, upload = await _found(parts, video_id)
    if video.storage_path:
        _check_start(start, upload.length, upload)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_state(start, upload))
    with upload.locked():
        _check_start(start, upload.offset(), upload)
        announced = request.headers.get("content-length", "0")
        if start + int(announced) > upload.length:
            raise too_large(upload.length)
        arrived = await upload.receive(request.stream().__aiter__(), start)
        if arrived == upload.length:
            await _store(parts, video, upload)
    if arrived == upload.length:
        await _look_at(parts, video)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=_state(arrived, upload))


def _state(arrived: int, upload: Upload) -> dict[str, str]:
    return _VERSION | {"Upload-Offset": str(arrived), "Upload-Length": str(upload.length)}


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != _VERSION["Tus-Resumable"]:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "tus-version",
            "Not a version of tus that is spoken here",
            "Send the header Tus-Resumable: 1.0.0.",
            {"Tus-Version": "1.0.0"},
        )


def _start(request: Request) -> int:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "upload-type",
            "Not an upload's content type",
            f"Send the header Content-Type: {_TYPE}.",
        )
    told = request.headers.get("upload-offset", "")
    if not (told.isascii() and told.isdecimal() and len(told) < 20):  # noqa: PLR2004 - 64 bits
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "upload-offset",
            "The header Upload-Offset is missing or no number",
            "Send the number of bytes that have arrived; HEAD tells it.",
        )
    return int(told)


def _check_start(start: int, arrived: int, upload: Upload) -> None:
    if start != arrived:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "upload-offset",
            f"{arrived} bytes have arrived, not {start}",
            f"Go on from byte {arrived}.",
            _state(arrived, upload),
        )


async def _found(parts: Parts, video_id: UUID) -> tuple[Video, Upload]:
    if parts.uploads is None:
        raise problems.not_found(what="upload", listing="POST /api/videos, whose ticket names it")
    async with parts.access.transaction() as db:
        video = await videos.found(db, video_id)
        if video is None:
            raise problems.not_found(what="upload", listing="GET /api/videos")
        if not await videos.is_writer(db, video_id):
            raise problems.forbidden()
    return video, parts.uploads.of(video.id, video.filename, video.size_bytes or 0)


async def _store(parts: Parts, video: Video, upload: Upload) -> None:
    await upload.finish()
    async with parts.access.transaction() as db:
        await act_as_worker(db)
        await videos.uploaded(db, video.id, storage_path(video.id, video.filename))


async def _look_at(parts: Parts, video: Video) -> None:
    """Check the file while its client awaits the end anyway: no job has to wait for it then.

    What is wrong with it is said to who wants a job: the upload itself went well.
    """
    with suppress(ProblemError):
        await admission.admit(parts, video.id)
