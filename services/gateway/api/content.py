"""What was made of a video: segments, chapters, subtitles to edit, and its articles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.api.media import stored_subtitles
from services.gateway.api.videos import no_video
from services.gateway.conditional import SAME, IfMatch, IfNoneMatch, answer_model, check_match
from services.gateway.languages import standard
from services.gateway.models.content import (
    Cue,
    Cues,
    ListedArticle,
    Segment,
    Subtitles,
    Track,
    TrackDecision,
)
from services.gateway.models.videos import Chapter
from services.gateway.parts import Given
from services.gateway.queries import articles, content, videos
from shared.formats import vtt

router = APIRouter(
    prefix="/videos/{video_id}", tags=["content"], responses=problems.responses(401, 404, 429)
)


@router.get("/segments")
async def segments(parts: Given, video_id: UUID) -> list[Segment]:
    """Return what is said and shown in a video, in order."""
    async with parts.access.transaction() as db:
        await _check_seen(db, video_id)
        return await content.segments(db, video_id)


@router.get("/chapters")
async def chapters(parts: Given, video_id: UUID) -> list[Chapter]:
    """Return a video's chapters, in order."""
    async with parts.access.transaction() as db:
        await _check_seen(db, video_id)
        return await content.chapters(db, video_id)


@router.get("/articles")
async def of_video(
    parts: Given,
    video_id: UUID,
    language: Annotated[str | None, Query(description="BCP 47; none: all", examples=["es"])] = None,
) -> list[ListedArticle]:
    """Return a video's articles in the order of their chapters; an empty list where none are.

    `behind` tells which translations their original has left behind: process those languages again.
    """
    tag = None if language is None else standard(language) or language
    async with parts.access.transaction() as db:
        await _check_seen(db, video_id)
        return await articles.listed(db, video_id, tag)


@router.get("/subtitles")
async def languages(parts: Given, video_id: UUID) -> Subtitles:
    """Return the languages that a video has subtitles in."""
    async with parts.access.transaction() as db:
        found = await content.subtitles(db, video_id)
    if found is None:
        raise no_video()
    return found


# Behind `.vtt` and `.srt`, whose endings this pattern would take for a part of the language.
@router.get(
    "/subtitles/{language}",
    response_model=Track,
    responses=SAME,
)
async def cues(
    parts: Given, request: Request, video_id: UUID, language: str, if_none_match: IfNoneMatch = None
) -> Response:
    """Return a video's subtitles in one language as cues, to edit them."""
    del if_none_match  # read from the request, and named here to be described
    async with parts.access.transaction() as db:
        _, _, found = await _cues(db, video_id, language)
    return answer_model(request, found)


@router.put(
    "/subtitles/{language}",
    response_model=Track,
    responses=problems.responses(403, 412, 428),
)
async def save_cues(  # noqa: PLR0913, PLR0917 - what an edit is made of
    parts: Given,
    request: Request,
    video_id: UUID,
    language: str,
    wanted: Cues,
    if_match: IfMatch = None,
) -> Response:
    """Put cues in place of the subtitles that `If-Match` names."""
    ordered = sorted(wanted.cues, key=lambda cue: (cue.start, cue.end))
    text = vtt.write(vtt.Cue(cue.start, cue.end, cue.text) for cue in ordered)
    async with parts.access.transaction() as db:
        await _check_seen(db, video_id)
        if not await content.lock(db, video_id):
            raise problems.forbidden()
        tag, spoken, before = await _cues(db, video_id, language)
        check_match(if_match, before)
        await content.save_vtt(db, video_id, tag, text, spoken=spoken)
        _, _, saved = await _cues(db, video_id, language)
    return answer_model(request, saved)


@router.patch(
    "/subtitles/{language}",
    response_model=Track,
    responses=problems.responses(403, 409, 412, 428),
)
async def decide(  # noqa: PLR0913, PLR0917 - as above
    parts: Given,
    request: Request,
    video_id: UUID,
    language: str,
    wanted: TrackDecision,
    if_match: IfMatch = None,
) -> Response:
    """Accept or dismiss what a machine heard later than the subtitles that `If-Match` names."""
    async with parts.access.transaction() as db:
        await _check_seen(db, video_id)
        if not await content.lock(db, video_id):
            raise problems.forbidden()
        _, _, before = await _cues(db, video_id, language)
        check_match(if_match, before)
        if before.proposal is None:
            raise problems.no_proposal(of="subtitles")
        await act_as_worker(db)
        await content.decide(db, video_id, accept=wanted.proposal == "accept")
        _, _, decided = await _cues(db, video_id, language)
    return answer_model(request, decided)


async def _check_seen(db: Transaction, video_id: UUID) -> None:
    if not await videos.exists(db, video_id):
        raise no_video()


async def _cues(db: Transaction, video_id: UUID, language: str) -> tuple[str, bool, Track]:
    """Return the language's tag, whether it is the spoken one, and its cues."""
    tag, spoken, text = await stored_subtitles(db, video_id, language)
    heard = await content.proposal(db, video_id) if spoken else None
    proposal = None if heard is None else Cues.model_construct(cues=_read(heard))
    return tag, spoken, Track.model_construct(cues=_read(text), proposal=proposal)


def _read(text: str) -> list[Cue]:
    # What is stored is told as it is, whatever an edit may be.
    return [Cue.model_construct(**vars(cue)) for cue in vtt.read(text) if cue.text.strip()]
