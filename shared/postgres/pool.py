"""Connections to PostgreSQL, and what runs a statement on them."""

import asyncpg

# A connection, a pool's or one's own.
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# What asyncpg raises where the server is away, starting, ending or full.
AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was lost before its last statement ended
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)

# Seconds for one statement, or to connect: a half-open connection never answers, and a lease has
# to be renewed on another one before it ends.
_PATIENCE = 10.0


def pool(url: str, *, size: int, pooler: bool = False, patience: float = _PATIENCE) -> asyncpg.Pool:
    """Return a pool of at most `size` connections as `service_role`, to be entered.

    A statement, or connecting, fails with TimeoutError after `patience` seconds.

    `pooler` says that the URL is a transaction-mode pooler's, on which prepared statements and a
    session's role do not last: there the URL's own user acts.
    """
    return asyncpg.create_pool(
        url,
        timeout=patience,
        command_timeout=patience,
        min_size=1,
        max_size=size,
        server_settings={} if pooler else {"role": "service_role"},
        statement_cache_size=0 if pooler else 100,
    )
