"""Articles, as Tiptap documents and as Markdown."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway import problems
from services.gateway.models import Article
from services.gateway.parts import Given
from services.gateway.queries import articles
from shared.formats.markdown import to_markdown

router = APIRouter(prefix="/articles", tags=["articles"])


# Before the next one, whose pattern would take the ending for a part of the id.
@router.get(
    "/{article_id}.md",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **problems.responses(404)},
)
async def markdown(parts: Given, article_id: UUID) -> Response:
    """Return an article as Markdown under its title; images keep their addresses."""
    found = await show(parts, article_id)
    written = to_markdown(found.content_json, title=found.title)
    return Response(written, media_type="text/markdown; charset=utf-8")


@router.get("/{article_id}", responses=problems.responses(404))
async def show(parts: Given, article_id: UUID) -> Article:
    """Return an article."""
    async with parts.access.transaction() as db:
        found = await articles.found(db, article_id)
    if found is None:
        raise problems.not_found(what="article", listing="GET /api/videos/<id>/articles")
    return found
