"""Invitations to an organization, by address: made, listed and withdrawn by its owners.

Whoever logs in with an address that is invited becomes a member; see `newcomers`.
"""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from services.gateway import problems
from services.gateway.access import Transaction
from services.gateway.models.installation import Invitation, NewInvitation
from services.gateway.parts import Given, Parts
from services.gateway.problems import ProblemError
from services.gateway.queries import invitations, members
from services.gateway.settings import SignUp

router = APIRouter(
    prefix="/organizations/{org_id}/invitations",
    tags=["invitations"],
    responses=problems.responses(401, 403, 404, 429),
)


@router.get("")
async def listed(parts: Given, org_id: UUID) -> list[Invitation]:
    """Return the invitations that wait, the first ones first; for owners."""
    async with parts.access.transaction() as db:
        await _check_owner(db, parts, org_id)
        return await invitations.listed(db, org_id)


@router.post("", status_code=HTTPStatus.CREATED, responses=problems.responses(409, 422))
async def invite(parts: Given, org_id: UUID, wanted: NewInvitation) -> Invitation:
    """Invite an address, or give its invitation another role; for owners.

    No mail is sent: tell them to sign up or log in with that address, and they are in.
    """
    async with parts.access.transaction() as db:
        await _check_owner(db, parts, org_id)
        _check_open(parts)
        return await invitations.invite(db, org_id, wanted)


@router.delete("/{invitation_id}", status_code=HTTPStatus.NO_CONTENT)
async def withdraw(parts: Given, org_id: UUID, invitation_id: UUID) -> None:
    """Withdraw an invitation; for owners."""
    async with parts.access.transaction() as db:
        await _check_owner(db, parts, org_id)
        if not await invitations.withdraw(db, org_id, invitation_id):
            listing = f"GET /api/organizations/{org_id}/invitations"
            raise problems.not_found(what="invitation", listing=listing)


async def _check_owner(db: Transaction, parts: Parts, org_id: UUID) -> None:
    role = await members.role(db, org_id, parts.access.user_id)
    if role is None:
        raise problems.not_found(what="organization", listing="GET /api/me")
    if role != "owner":
        raise problems.owners_only()


def _check_open(parts: Parts) -> None:
    """Refuse to invite where nobody could take it up."""
    if not parts.settings.accounts:
        title = "Nobody logs in here"
        detail = "Set up accounts first, as docs/supabase.md tells."
    elif parts.settings.sign_up is SignUp.CLOSED:
        title = "Nobody is invited here"
        detail = (
            "SIGN_UP is closed on this installation: members are added by their user id, "
            "PUT /api/organizations/<id>/members/<user id>; GET /api/me tells each their own."
        )
    else:
        return
    raise ProblemError(HTTPStatus.CONFLICT, "invitations-closed", title, detail)
