"""The installation: what it runs on, what a frontend has to know, and who the caller is."""

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.models.installation import Configuration, Engine, Login, Me, Membership
from services.gateway.newcomers import next_step
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
            sign_up=settings.sign_up,
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
        found = [
            Membership.model_validate(dict(row))
            for row in await members.organizations(db, parts.access.user_id)
        ]
        operator = await members.is_operator(db)
    user, email = parts.access.user_id, parts.access.email
    return Me(
        user_id=str(user),
        email=email,
        operator=operator,
        organizations=found,
        next_step=None if found else next_step(parts.settings.sign_up, user, email),
    )
