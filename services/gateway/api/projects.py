"""Projects: listed, created, changed and deleted, with glossary and style, and their jobs."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.api import videos
from services.gateway.conditional import (
    SAME,
    IfMatch,
    IfNoneMatch,
    answer_model,
    check_match,
    retry_after,
)
from services.gateway.models.jobs import Activity
from services.gateway.models.projects import Glossary, NewProject, Project, ProjectChange, Style
from services.gateway.once import Key, Made, Once
from services.gateway.paging import Cursor, Limit, Page, page, place
from services.gateway.parts import Given
from services.gateway.queries import job_views, members, projects
from services.gateway.queries import videos as video_rows

router = APIRouter(prefix="/projects", tags=["projects"], responses=problems.responses(401, 429))


def no_project() -> problems.ProblemError:
    """Return the refusal for a project that the caller does not see."""
    return problems.not_found(what="project", listing="GET /api/projects")


@router.get("")
async def listed(parts: Given, limit: Limit = 100, cursor: Cursor = None) -> Page[Project]:
    """Return the caller's projects, oldest first."""
    after = place(cursor)
    async with parts.access.transaction() as db:
        return page(await projects.listed(db, after, limit), limit)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=Project,
    responses=problems.responses(403, 404),
)
async def create(parts: Given, wanted: NewProject, key: Key = None) -> Response:
    """Create a project in an organization of the caller's."""

    async def make(db: Transaction) -> Made:
        org_id, writer = await projects.home(db, parts.access.user_id, wanted.org_id)
        if org_id is None and wanted.org_id is None:
            raise parts.belongs_nowhere()
        if org_id is None:
            raise problems.not_found(what="organization", listing="GET /api/me")
        if not writer:
            raise problems.forbidden()
        made = await projects.create(db, org_id, wanted)
        return Made(HTTPStatus.CREATED, made, {"Location": f"/api/projects/{made.id}"})

    answer, _ = await Once(parts.access, key, "create project", wanted).answer(make)
    return answer


@router.get("/{project_id}", responses=problems.responses(404))
async def show(parts: Given, project_id: UUID) -> Project:
    """Return a project."""
    async with parts.access.transaction() as db:
        found = await projects.found(db, project_id)
    if found is None:
        raise no_project()
    return found


@router.patch("/{project_id}", responses=problems.responses(403, 404))
async def change(parts: Given, project_id: UUID, wanted: ProjectChange) -> Project:
    """Change a project's name."""
    async with parts.access.transaction() as db:
        await _check_writer(db, project_id)
        changed = await projects.change(db, project_id, wanted)
    if changed is None:
        raise problems.forbidden()
    return changed


@router.delete(
    "/{project_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems.responses(403, 404, 409)
)
async def remove(parts: Given, project_id: UUID) -> None:
    """Delete a project with its videos and documents; for owners of its organization."""
    async with parts.access.transaction() as db:
        found = await projects.found(db, project_id)
        if found is None:
            raise no_project()
        if await members.role(db, found.org_id, parts.access.user_id) != "owner":
            raise problems.owners_only()
        await act_as_worker(db)
        # From here on a new video and a new job wait, and then find no project.
        await projects.hold(db, project_id)
        await videos.delete(db, await video_rows.of_project(db, project_id))
        await projects.delete(db, project_id)


@router.get(
    "/{project_id}/activity",
    response_model=Activity,
    responses=SAME | problems.responses(404),
)
async def activity(
    parts: Given, request: Request, project_id: UUID, if_none_match: IfNoneMatch = None
) -> Response:
    """Return the jobs that run and those that ended last: one request for a page to poll.

    `Retry-After` says when to ask again: the later, the longer nothing has moved.
    """
    del if_none_match  # read from the request, and named here to be described
    async with parts.access.transaction() as db:
        if not await projects.exists(db, project_id):
            raise no_project()
        found, quiet = await job_views.activity(db, project_id)
    later = {} if quiet is None else {"retry_after": retry_after(quiet)}
    return answer_model(request, found, **later)


@router.get(
    "/{project_id}/glossary",
    response_model=Glossary,
    responses=SAME | problems.responses(404),
)
async def glossary(
    parts: Given, request: Request, project_id: UUID, if_none_match: IfNoneMatch = None
) -> Response:
    """Return how the project wants its terms translated."""
    del if_none_match  # as above
    async with parts.access.transaction() as db:
        if not await projects.exists(db, project_id):
            raise no_project()
        return answer_model(request, await projects.glossary(db, project_id))


@router.put(
    "/{project_id}/glossary",
    response_model=Glossary,
    responses=problems.responses(403, 404, 412, 428),
)
async def save_glossary(
    parts: Given, request: Request, project_id: UUID, wanted: Glossary, if_match: IfMatch = None
) -> Response:
    """Put a glossary in place of the one that `If-Match` names."""
    async with parts.access.transaction() as db:
        await _check_writer(db, project_id)
        await projects.lock(db, project_id)
        check_match(if_match, await projects.glossary(db, project_id))
        await projects.save_glossary(db, project_id, wanted)
        saved = await projects.glossary(db, project_id)
    return answer_model(request, saved)


@router.get(
    "/{project_id}/style",
    response_model=Style,
    responses=SAME | problems.responses(404),
)
async def style(
    parts: Given, request: Request, project_id: UUID, if_none_match: IfNoneMatch = None
) -> Response:
    """Return how the project's translations address their readers."""
    del if_none_match  # as above
    async with parts.access.transaction() as db:
        found = await projects.style(db, project_id)
    if found is None:
        raise no_project()
    return answer_model(request, found)


@router.put(
    "/{project_id}/style",
    response_model=Style,
    responses=problems.responses(403, 404, 412, 428),
)
async def save_style(
    parts: Given, request: Request, project_id: UUID, wanted: Style, if_match: IfMatch = None
) -> Response:
    """Put a style in place of the one that `If-Match` names; the next translations follow it."""
    async with parts.access.transaction() as db:
        await _check_writer(db, project_id)
        await projects.lock(db, project_id)
        old = await projects.style(db, project_id)
        if old is None:
            raise no_project()
        check_match(if_match, old)
        await projects.save_style(db, project_id, wanted)
        saved = await projects.style(db, project_id)
    if saved is None:  # deleted meanwhile
        raise no_project()
    return answer_model(request, saved)


async def _check_writer(db: Transaction, project_id: UUID) -> None:
    await projects.enter(db, project_id)
    allowed = await projects.is_writer(db, project_id)
    if allowed is None:
        raise no_project()
    if not allowed:
        raise problems.forbidden()
