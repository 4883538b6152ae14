"""An organization's members: seen by all of them, changed by its owners."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.models.installation import Member, MemberRole
from services.gateway.parts import Given
from services.gateway.problems import ProblemError
from services.gateway.queries import members

router = APIRouter(
    prefix="/organizations/{org_id}/members",
    tags=["members"],
    responses=problems.responses(401, 404, 429),
)


@router.get("")
async def listed(parts: Given, org_id: UUID) -> list[Member]:
    """Return an organization's members, the first ones first."""
    async with parts.access.transaction() as db:
        if await members.role(db, org_id, parts.access.user_id) is None:
            raise _no_organization()
        return await members.listed(db, org_id)


@router.put("/{user_id}", responses=problems.responses(403, 409))
async def put(parts: Given, org_id: UUID, user_id: UUID, wanted: MemberRole) -> Member:
    """Make a user a member, or give a member another role. GET /api/me tells a user's id."""
    async with parts.access.transaction() as db:
        await _check_owner(db, org_id, parts.access.user_id)
        if wanted.role != "owner":
            await _check_owned_without(db, org_id, user_id)
        return await members.put(db, org_id, user_id, wanted.role)


@router.delete(
    "/{user_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems.responses(403, 409)
)
async def remove(parts: Given, org_id: UUID, user_id: UUID) -> None:
    """Remove a member; members may remove themselves."""
    async with parts.access.transaction() as db:
        leaving = user_id == parts.access.user_id
        await _check_owner(db, org_id, parts.access.user_id, but=leaving)
        await _check_owned_without(db, org_id, user_id)
        if not await members.remove(db, org_id, user_id):
            listing = f"GET /api/organizations/{org_id}/members"
            raise problems.not_found(what="member", listing=listing)


async def _check_owner(db: Transaction, org_id: UUID, user_id: UUID, *, but: bool = False) -> None:
    """Refuse who is no owner, `but` where it does not matter; then act as the worker."""
    role = await members.role(db, org_id, user_id)
    if role is None:
        raise _no_organization()
    if role != "owner" and not but:
        raise problems.owners_only()
    await act_as_worker(db)


async def _check_owned_without(db: Transaction, org_id: UUID, user_id: UUID) -> None:
    """Refuse what would leave an organization without an owner."""
    await members.lock(db, org_id)
    if await members.owners(db, org_id) == [user_id]:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "last-owner",
            "An organization needs an owner",
            "Make another member an owner first.",
        )


def _no_organization() -> ProblemError:
    return problems.not_found(what="organization", listing="GET /api/me")
