"""`python -m deploy.accounts`: applies the migrations and lets each service's role log in.

DATABASE_URL is an administrator's; the services' own are read below SECRETS_DIR, where
`deploy.secrets` made them. Safe to run twice: a changed password is changed in the database.
"""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from deploy.migrate import migrate
from deploy.secrets import OWNERS, role


async def admit(dsn: str, passwords: dict[str, str]) -> None:
    """Let roles log in with these passwords."""
    connection = await asyncpg.connect(dsn)
    try:
        for name, password in passwords.items():
            # `alter role` takes no parameters: the server itself quotes what it is given.
            statement = await connection.fetchval(
                "select format('alter role %I login password %L', $1::text, $2::text)",
                name,
                password,
            )
            await connection.execute(statement)
    finally:
        await connection.close()


async def _run(dsn: str, folder: Path) -> None:
    applied = await migrate(dsn)
    sys.stdout.write(f"migrations applied: {', '.join(applied) or 'none was missing'}\n")
    urls = {owner: (folder / owner / "database_url").read_text() for owner in OWNERS}
    await admit(dsn, {role(one): unquote(str(urlsplit(url).password)) for one, url in urls.items()})
    sys.stdout.write(f"roles that can log in: {', '.join(role(one) for one in urls)}\n")


def main() -> int:
    """Migrate and admit; return the exit status (2 without DATABASE_URL)."""
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        sys.stderr.write("DATABASE_URL is not set: give an administrator's URL of the database\n")
        return 2
    asyncio.run(_run(dsn, Path(os.environ.get("SECRETS_DIR", "/secrets"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
