"""What the AI services run on."""

from fastapi import APIRouter

from services.gateway.models import Engine
from services.gateway.parts import Given
from services.gateway.queries import projects

router = APIRouter(prefix="/engine", tags=["engine"])


@router.get("")
async def show(parts: Given) -> Engine:
    """Return the engine, and the languages that it can translate to."""
    async with parts.access.transaction() as db:
        return await projects.engine(db)
