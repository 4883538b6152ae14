"""Who belongs to an organization, and who runs the installation."""

from uuid import UUID

import asyncpg

from services.gateway.models.installation import Member, Role
from shared.postgres.statements import Executor


async def organizations(db: Executor, user_id: UUID) -> list[asyncpg.Record]:
    """Return the `id`, `name` and `role` of each organization that a user belongs to."""
    rows: list[asyncpg.Record] = await db.fetch(
        """select o.id::text, o.name, m.role from org_members m
           join organizations o on o.id = m.org_id
           where m.user_id = $1 order by m.created_at, o.id""",
        user_id,
    )
    return rows


async def is_operator(db: Executor) -> bool:
    """Tell whether the caller runs the installation."""
    return bool(await db.fetchval("select is_operator()"))


async def role(db: Executor, org_id: UUID, user_id: UUID) -> Role | None:
    """Return what a user may do in an organization; none where they do not belong to it."""
    found: Role | None = await db.fetchval(
        "select role from org_members where org_id = $1 and user_id = $2", org_id, user_id
    )
    return found


async def listed(db: Executor, org_id: UUID) -> list[Member]:
    """Return an organization's members, the first ones first."""
    rows = await db.fetch(
        """select user_id, email, role, created_at from org_members where org_id = $1
           order by created_at, user_id""",
        org_id,
    )
    return [Member.model_validate(dict(row)) for row in rows]


async def lock(db: Executor, org_id: UUID) -> None:
    """Keep others from changing who owns an organization until the transaction ends."""
    await db.execute("select from organizations where id = $1 for no key update", org_id)


async def owners(db: Executor, org_id: UUID) -> list[UUID]:
    """Return an organization's owners."""
    rows = await db.fetch(
        "select user_id from org_members where org_id = $1 and role = 'owner'", org_id
    )
    return [row["user_id"] for row in rows]


async def put(db: Executor, org_id: UUID, user_id: UUID, role: Role) -> Member:
    """Make a user a member, or give one another role. To be called with the worker's role."""
    row = await db.fetchrow(
        """insert into org_members (org_id, user_id, role) values ($1, $2, $3)
           on conflict (org_id, user_id) do update set role = excluded.role
           returning user_id, email, role, created_at""",
        org_id,
        user_id,
        role,
    )
    if row is None:  # an upsert of one row returns one
        raise AssertionError
    return Member.model_validate(dict(row))


async def remove(db: Executor, org_id: UUID, user_id: UUID) -> bool:
    """Remove a member, if there is such a one. To be called with the worker's role."""
    removed = await db.fetchval(
        "delete from org_members where org_id = $1 and user_id = $2 returning true", org_id, user_id
    )
    return bool(removed)


async def note_email(db: Executor, user_id: UUID, email: str | None) -> bool:
    """Note what a user is called in lists; tell whether they belong to any organization.

    To be called with the worker's role.
    """
    await db.execute(
        "update org_members set email = $2 where user_id = $1 and email is distinct from $2",
        user_id,
        email,
    )
    return bool(
        await db.fetchval("select exists (select from org_members where user_id = $1)", user_id)
    )


async def lock_user(db: Executor, user_id: UUID) -> None:
    """Keep other requests of a user from changing where they belong until the transaction ends."""
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 4))", str(user_id))


async def found(db: Executor, user_id: UUID, email: str | None, project: str) -> None:
    """Found an organization with a project for a user who belongs nowhere.

    Of two requests at once the second finds that it is done. To be called with the worker's role,
    in a transaction.
    """
    await lock_user(db, user_id)
    if await db.fetchval("select exists (select from org_members where user_id = $1)", user_id):
        return
    org_id = await db.fetchval(
        "insert into organizations (name) values ($1) returning id",
        email or f"User {str(user_id)[:8]}",
    )
    await db.execute(
        "insert into org_members (org_id, user_id, role, email) values ($1, $2, 'owner', $3)",
        org_id,
        user_id,
        email,
    )
    await db.execute("insert into projects (org_id, name) values ($1, $2)", org_id, project)
