"""The one local user's organization and project, made at the first start."""

import asyncpg

from services.gateway.settings import Settings

# An arbitrary constant: of two gateways that start at once, one waits for the other by it.
_LOCK = 0x67617465


async def seed(pool: asyncpg.Pool, settings: Settings) -> None:
    """Give the local user an organization with a project, where there is none yet."""
    async with pool.acquire() as db, db.transaction():
        await db.execute("select pg_advisory_xact_lock($1)", _LOCK)
        org = await db.fetchval(
            """select org_id from org_members where user_id = $1 and role in ('owner', 'writer')
               order by created_at, org_id limit 1""",
            settings.local_user_id,
        )
        if org is None:
            org = await db.fetchval(
                "insert into organizations (name) values ($1) returning id",
                settings.local_organization,
            )
            await db.execute(
                """insert into org_members (org_id, user_id, role) values ($1, $2, 'owner')
                   on conflict (org_id, user_id) do nothing""",
                org,
                settings.local_user_id,
            )
        # Alone on the installation, the local user runs it too.
        await db.execute(
            "insert into operators (user_id) values ($1) on conflict do nothing",
            settings.local_user_id,
        )
        await db.execute(
            """insert into projects (org_id, name) select $1, $2
               where not exists (select from projects where org_id = $1)""",
            org,
            settings.local_project,
        )
