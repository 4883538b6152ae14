"""Applies the migrations to any PostgreSQL: `DATABASE_URL=... python -m deploy.migrate`.

They are noted in the Supabase CLI's own table: `supabase db push` goes on from where this stops,
and the other way round.
"""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg

_SUPABASE = Path(__file__).resolve().parent / "supabase"
# An arbitrary constant: two runners at once take turns by it.
_LOCK = 0x646F6372


async def migrate(dsn: str, last: str | None = None) -> list[str]:
    """Apply what is missing, each file in one transaction; return the versions applied now.

    A database without Supabase's roles is given them first. Safe to run twice and side by side.
    `last` is the last version to apply, by default the newest.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        if not await connection.fetchval("select to_regprocedure('auth.uid()') is not null"):
            await connection.execute((_SUPABASE / "embedded.sql").read_text())
        await connection.execute(
            "create schema if not exists supabase_migrations;"
            "create table if not exists supabase_migrations.schema_migrations"
            " (version text primary key, statements text[], name text)"
        )
        rows = await connection.fetch("select version from supabase_migrations.schema_migrations")
        present = {row["version"] for row in rows}
        applied = []
        for path in sorted((_SUPABASE / "migrations").glob("*.sql")):
            version, _, name = path.stem.partition("_")
            if version not in present and (last is None or version <= last):
                await _apply(connection, version, name, path.read_text())
                applied.append(version)
        return applied
    finally:
        await connection.close()  # releases the lock


async def _apply(connection: asyncpg.Connection, version: str, name: str, sql: str) -> None:
    async with connection.transaction():
        await connection.execute(sql)
        await connection.execute(
            "insert into supabase_migrations.schema_migrations values ($1, $2, $3)",
            version,
            [sql],
            name,
        )


def main() -> int:
    """Apply what is missing to DATABASE_URL; return the exit status (2 without one)."""
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        sys.stderr.write("Set DATABASE_URL to the database's connection string.\n")
        return 2
    applied = asyncio.run(migrate(dsn))
    sys.stdout.write(f"Applied: {', '.join(applied)}\n" if applied else "Nothing was missing.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
