"""Projects: listed and created."""

from http import HTTPStatus

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.models import NewProject, Project
from services.gateway.parts import Given
from services.gateway.queries import projects

router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("")
async def listed(parts: Given) -> list[Project]:
    """Return the caller's projects, oldest first."""
    async with parts.access.transaction() as db:
        return await projects.listed(db)


@router.post("", status_code=HTTPStatus.CREATED, responses=problems.responses(403, 422))
async def create(parts: Given, wanted: NewProject) -> Project:
    """Create a project in the caller's organization."""
    async with parts.access.transaction() as db:
        made = await projects.create(db, parts.access.user_id, wanted.name)
        if made is None:
            raise problems.forbidden()
        return made
