"""A language's articles of a video as one file."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Response

from services.gateway import problems
from services.gateway.api.videos import no_video
from services.gateway.exports import shown
from services.gateway.headers import disposition
from services.gateway.languages import standard
from services.gateway.parts import Given, Parts
from services.gateway.printing import TYPES, Book, FontError, Kind, PrintError
from services.gateway.problems import ProblemError
from services.gateway.queries import articles, content, videos
from shared.storage import MissingObjectError

router = APIRouter(
    prefix="/videos/{video_id}", tags=["content"], responses=problems.responses(401, 404, 429)
)

logger = structlog.get_logger()


@router.get(
    "/document.{kind}",
    response_class=Response,
    responses={
        200: {
            "content": {
                name.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for name in TYPES.values()
            }
        },
        **problems.responses(503),
    },
)
async def document(
    parts: Given,
    video_id: UUID,
    kind: Kind,
    language: Annotated[
        str | None, Query(description="BCP 47; none: the video's own", examples=["es"])
    ] = None,
) -> Response:
    """Return a video's articles in one language as one file, with their pictures within.

    HTML that opens by itself, DOCX for a word processor, or PDF in A4.
    """
    async with parts.access.transaction() as db:
        video = await videos.found(db, video_id)
        there = await content.subtitles(db, video_id)
        if video is None or there is None:
            raise no_video()
        tag = there.source if language is None else standard(language) or language
        written = await articles.listed(db, video_id, tag)
        known = await articles.languages(db, video_id)
    if not written:
        raise problems.not_in(tag, "No article of the video is", known)
    names = {name for one in written for name in shown(one.content_json, video_id)}
    pictures = {
        name: data for name in sorted(names) if (data := await _picture(parts, video_id, name))
    }
    book = Book(video.title, video_id, tag, written, pictures)
    try:
        made = await parts.printer.printed(book, kind)
    except FontError as error:
        logger.warning("font_missing", video_id=str(video_id), kind=kind, reason=str(error))
        raise _no_font(error) from error
    except PrintError as error:
        logger.warning("print_failed", video_id=str(video_id), kind=kind, reason=str(error))
        raise _not_printed(kind) from error
    told = {"Content-Disposition": disposition(video.filename, f".{tag}.{kind}")}
    return Response(made, media_type=TYPES[kind], headers=told)


async def _picture(parts: Parts, video_id: UUID, name: str) -> bytes | None:
    try:
        return await parts.storage.get(f"images/{video_id}/{name}")
    except (MissingObjectError, ValueError):
        return None  # the article names a picture that there is not


def _no_font(error: FontError) -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "font-missing",
        "The PDF needs a font that the gateway does not have",
        f"There is none for {error.scripts}: install {error.packages} (Debian's) on the gateway's "
        "machine, or take the DOCX or the HTML, which are shown in your own fonts.",
    )


def _not_printed(kind: Kind) -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-printed",
        f"The {kind.upper()} could not be made",
        "Take the zip (export.zip), which has the same as Markdown; the gateway's log says why.",
    )
