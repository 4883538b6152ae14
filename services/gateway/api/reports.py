"""What a person should look at in a language of a video before it is published."""

from uuid import UUID

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.access import Transaction
from services.gateway.api.videos import no_video
from services.gateway.languages import standard
from services.gateway.models.reports import Finding, Report
from services.gateway.parts import Given
from services.gateway.queries import articles, content, reports
from shared.formats.lint import violations

router = APIRouter(
    prefix="/videos/{video_id}", tags=["content"], responses=problems.responses(401, 404, 429)
)


@router.get("/reports/{language}")
async def report(parts: Given, video_id: UUID, language: str) -> Report:
    """Return which texts have no translation, and why, and which rules the subtitles break."""
    async with parts.access.transaction() as db:
        there = await content.subtitles(db, video_id)
        if there is None:
            raise no_video()
        known = [*there.languages, *await articles.languages(db, video_id)]
        tag = language if language in known else standard(language) or language
        if tag not in known:
            raise problems.not_in(language, "Nothing of the video is", dict.fromkeys(known))
        return await reported(db, video_id, tag)


async def reported(db: Transaction, video_id: UUID, tag: str) -> Report:
    """Return the report on a language that there is."""
    left = await reports.untranslated(db, video_id, tag)
    text = await content.vtt(db, video_id, tag)
    found = violations(text, tag) if text else []
    return Report(
        language=tag,
        untranslated=left,
        subtitles=[
            Finding(cue=one.cue, start=one.second, rule=one.rule, detail=one.detail)
            for one in found
        ],
    )
