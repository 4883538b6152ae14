"""Who is invited to an organization, by address.

The database makes small letters of addresses: for some letters other programs have other ones.
"""

from uuid import UUID

from services.gateway.models.installation import Invitation, NewInvitation
from services.gateway.queries import members
from shared.postgres.statements import Executor

_COLUMNS = "id, email, role, invited_by, created_at"


async def listed(db: Executor, org_id: UUID) -> list[Invitation]:
    """Return the invitations of an organization that wait, the first ones first."""
    rows = await db.fetch(
        f"select {_COLUMNS} from invitations where org_id = $1 order by created_at, id",  # noqa: S608 - this module's own constant
        org_id,
    )
    return [Invitation.model_validate(dict(row)) for row in rows]


async def invite(db: Executor, org_id: UUID, wanted: NewInvitation) -> Invitation:
    """Invite an address, or give its invitation another role."""
    row = await db.fetchrow(
        f"""insert into invitations (org_id, email, role) values ($1, lower($2), $3)
            on conflict (org_id, email) do update set role = excluded.role
            returning {_COLUMNS}""",  # noqa: S608 - as above
        org_id,
        wanted.email,
        wanted.role,
    )
    if row is None:  # an upsert of one row returns one
        raise AssertionError
    return Invitation.model_validate(dict(row))


async def withdraw(db: Executor, org_id: UUID, invitation_id: UUID) -> bool:
    """Withdraw an invitation, if there is such a one."""
    return bool(
        await db.fetchval(
            "delete from invitations where org_id = $1 and id = $2 returning true",
            org_id,
            invitation_id,
        )
    )


async def waiting(db: Executor, email: str) -> bool:
    """Tell whether an address is invited anywhere. To be called with the worker's role."""
    return bool(
        await db.fetchval("select exists (select from invitations where email = lower($1))", email)
    )


async def take_up(db: Executor, user_id: UUID, email: str) -> bool:
    """Make a user a member wherever their address is invited; tell whether it was anywhere.

    Who is a member already stays what they are. To be called with the worker's role, in a
    transaction.
    """
    await members.lock_user(db, user_id)
    rows = await db.fetch(
        """with taken as (delete from invitations where email = lower($2) returning org_id, role)
           insert into org_members (org_id, user_id, role, email)
           select org_id, $1, role, $2 from taken
           on conflict (org_id, user_id) do update set email = excluded.email
           returning org_id""",
        user_id,
        email,
    )
    return bool(rows)
