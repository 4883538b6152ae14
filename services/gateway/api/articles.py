"""Articles, as Tiptap documents and as Markdown, read and edited."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.gateway import conditional, problems
from services.gateway.access import act_as_worker
from services.gateway.conditional import SAME, IfMatch, IfNoneMatch, answer_model, check_match
from services.gateway.models.content import Article, ArticleChange
from services.gateway.parts import Given
from services.gateway.problems import ProblemError
from services.gateway.queries import articles
from shared.formats import blocks
from shared.formats.markdown import to_markdown
from shared.formats.tiptap import Node

router = APIRouter(
    prefix="/articles", tags=["articles"], responses=problems.responses(401, 404, 429)
)


def _no_article() -> ProblemError:
    return problems.not_found(what="article", listing="GET /api/videos/<id>/articles")


def _with_whole_addresses(document: Node, server: str) -> Node:
    """Return a document whose pictures of this server are found from anywhere."""

    def change(block: Node) -> Node:
        address = str(blocks.attr(block, "src") or "")
        if block["type"] != "image" or not address.startswith("/") or address.startswith("//"):
            return block
        return blocks.with_attrs(block, src=f"{server}{address}")

    return blocks.mapped(document, change)


# Before the next one, whose pattern would take the ending for a part of the id.
@router.get(
    "/{article_id}.md",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **SAME},
)
async def markdown(parts: Given, request: Request, article_id: UUID) -> Response:
    """Return an article as Markdown under its title; its images' addresses are whole ones."""
    async with parts.access.transaction() as db:
        found = await articles.found(db, article_id)
    if found is None:
        raise _no_article()
    # As the reader reaches us: behind a proxy that uvicorn trusts, at its address.
    server = str(request.base_url).rstrip("/")
    written = to_markdown(_with_whole_addresses(found.content_json, server), title=found.title)
    return conditional.answer(request, written.encode(), "text/markdown; charset=utf-8")


@router.get(
    "/{article_id}",
    response_model=Article,
    responses=SAME,
)
async def show(
    parts: Given, request: Request, article_id: UUID, if_none_match: IfNoneMatch = None
) -> Response:
    """Return an article; its ETag is what an edit of it names in If-Match."""
    del if_none_match  # read from the request, and named here to be described
    async with parts.access.transaction() as db:
        found = await articles.found(db, article_id)
    if found is None:
        raise _no_article()
    return answer_model(request, found)


@router.patch(
    "/{article_id}", response_model=Article, responses=problems.responses(403, 409, 412, 428)
)
async def edit(
    parts: Given,
    request: Request,
    article_id: UUID,
    wanted: ArticleChange,
    if_match: IfMatch = None,
) -> Response:
    """Change the article that `If-Match` names: its title, document, status, and what is stale."""
    async with parts.access.transaction() as db:
        if await articles.found(db, article_id) is None:
            raise _no_article()
        # A reader's lock finds nothing, whose right is checked before what they read.
        before = await articles.lock(db, article_id)
        if before is None:
            raise problems.forbidden()
        check_match(if_match, before)
        if wanted.proposal is not None and before.proposal is None:
            raise problems.no_proposal(of="article")
        try:
            await articles.change(db, before, wanted)
        except ValueError as error:
            raise ProblemError(
                HTTPStatus.CONFLICT, "no-such-block", "There is no such block", f"{error}."
            ) from error
        if wanted.proposal is not None:
            await act_as_worker(db)
            await articles.decide(db, before, accept=wanted.proposal == "accept")
        after = await articles.found(db, article_id)
    if after is None:
        raise _no_article()
    return answer_model(request, after)
