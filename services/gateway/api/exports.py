"""A video's results as one zip: documents with their pictures, subtitles and segments."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Annotated
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from services.gateway import problems
from services.gateway.api.media import chapters_vtt
from services.gateway.api.reports import reported
from services.gateway.api.videos import no_video
from services.gateway.exports import File, files
from services.gateway.headers import disposition
from services.gateway.languages import standard
from services.gateway.parts import Given
from services.gateway.queries import articles, content, videos
from shared.storage import MissingObjectError

router = APIRouter(prefix="/videos", tags=["content"], responses=problems.responses(401, 429))

_IN_MEMORY = 8 * 1024 * 1024  # bytes; a larger zip is on disk while it is sent
_BLOCK = 256 * 1024
_UNPACKED = frozenset({".webp", ".png", ".jpg", ".gif"})  # packing again gains nothing


@router.get(
    "/{video_id}/export.zip",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems.responses(404),
    },
)
async def export(
    parts: Given,
    video_id: UUID,
    language: Annotated[list[str] | None, Query(description="BCP 47; none: all")] = None,
) -> StreamingResponse:
    """Return all that was made of a video, in the languages named, as a zip.

    `docs/<language>/NN-<slug>.md` and `.json`, `docs/images/` and `mkdocs.yml`, which MkDocs builds
    as they are; `subtitles/<language>.vtt` and `.srt`,
    `reports/<language>.json`, `segments.json`, and `chapters.vtt` for a player.
    """
    wanted = None if language is None else {standard(tag) or tag for tag in language}
    async with parts.access.transaction() as db:
        video = await videos.found(db, video_id)
        there = await content.subtitles(db, video_id)
        if video is None or there is None:
            raise no_video()
        written = await articles.listed(db, video_id, None)
        spoken = await content.segments(db, video_id)
        chapters = await content.chapters(db, video_id)
        subtitles = {
            tag: await content.vtt(db, video_id, tag) or ""
            for tag in there.languages
            if wanted is None or tag in wanted
        }
        chosen = [one for one in written if wanted is None or one.language in wanted]
        tags = dict.fromkeys([*subtitles, *(one.language for one in chosen)])
        told = [await reported(db, video_id, tag) for tag in tags]
    pictures = {Path(one.path).name for one in await parts.storage.listed(f"images/{video_id}")}
    made = [
        *files(video_id, video.title, chosen, subtitles, spoken, told, pictures),
        File("chapters.vtt", chapters_vtt(chapters).encode()),
    ]
    body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    try:
        with ZipFile(body, "w", ZIP_DEFLATED) as archive:
            for file in made:
                data = file.data
                if data is None:
                    try:
                        data = await parts.storage.get(file.stored)
                    except (MissingObjectError, ValueError):
                        continue  # the article names a picture that there is not
                await asyncio.to_thread(_add, archive, file, data)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return StreamingResponse(
        _sent(body),
        media_type="application/zip",
        headers={"Content-Disposition": disposition(video.filename, ".zip")},
    )


def _add(archive: ZipFile, file: File, data: bytes) -> None:
    packed = ZIP_STORED if Path(file.name).suffix in _UNPACKED else ZIP_DEFLATED
    archive.writestr(file.name, data, packed)


async def _sent(body: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while block := await asyncio.to_thread(body.read, _BLOCK):
            yield block
    finally:
        body.close()
