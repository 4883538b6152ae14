"""The installation: what it runs on, what a frontend has to know, and who the caller is."""

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.models.installation import Configuration, Engine, Login, Me, Membership
from services.gateway.parts import Given, Opened
from services.gateway.queries import members, projects
from services.gateway.tickets import CHUNK_BYTES
from services.gateway.version import VERSION

router = APIRouter(tags=["installation"])


@router.get("/engine", responses=problems.responses(401, 429))
async def show(parts: Given) -> Engine:
    """Return the engine, and the languages that it can translate to."""
    async with parts.access.transaction() as db:
        return await projects.engine(db)


@router.get("/config")
async def configuration(parts: Opened) -> Configuration:
    """Return what a frontend has to know before anybody has logged in."""
    settings = parts.settings
    login = (
        Login(
            kind="supabase",
            supabase_url=settings.supabase,
            supabase_publishable_key=settings.supabase_publishable_key,
        )
        if settings.accounts
        else Login(kind="none")
    )
    return Configuration(
        login=login,
        max_upload_bytes=settings.max_upload_bytes,
        upload_chunk_bytes=CHUNK_BYTES,
        version=VERSION,
    )


@router.get("/me", responses=problems.responses(401, 429))
async def me(parts: Given) -> Me:
    """Return who the caller is, and what they may do."""
    async with parts.access.transaction() as db:
        return Me(
            user_id=str(parts.access.user_id),
            operator=await members.is_operator(db),
            organizations=[
                Membership.model_validate(dict(row))
                for row in await members.organizations(db, parts.access.user_id)
            ],
        )
