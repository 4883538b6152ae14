"""Connections to PostgreSQL, and what runs a statement on them."""

import asyncpg

# A pool, or a connection with its transaction.
Connection = asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# What asyncpg raises where the server is away, starting, ending or full.
AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)

_PATIENCE = 30.0  # seconds for one statement: a half-open connection never answers


async def _unchanged(_: asyncpg.Connection) -> None:
    """Leave a connection as it is."""


def pool(url: str, *, size: int, pooler: bool = False) -> asyncpg.Pool:
    """Return a pool of at most `size` connections as `service_role`, to be entered.

    `pooler` says that the URL is a transaction-mode pooler's, on which prepared statements and a
    session's role do not last: there the URL's own user acts.
    """
    return asyncpg.create_pool(
        url,
        command_timeout=_PATIENCE,
        min_size=1,
        max_size=size,
        server_settings={} if pooler else {"role": "service_role"},
        statement_cache_size=0 if pooler else 100,
        # Nothing of a session outlives its transaction here: a round trip less at each release.
        reset=_unchanged,
    )
