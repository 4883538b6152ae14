"""Who a caller is: their organizations, and whether they run the installation."""

from uuid import UUID

import asyncpg

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
