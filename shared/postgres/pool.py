"""Connections to PostgreSQL, and what runs a statement on them."""

import asyncpg

# A connection, a pool's or one's own.
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# What asyncpg raises where the server is away, starting, ending or full; or has rolled back a
# transaction for the sake of another one, after which the same again is right as well.
AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was lost before its last statement ended
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,  # a deadlock, say
    OSError,
    TimeoutError,
)

# What every worker may be where services have no roles of their own.
SERVICE_ROLE = "service_role"

# Seconds for one statement, or to connect: a half-open connection never answers, and a lease has
# to be renewed on another one before it ends.
_PATIENCE = 10.0


async def _unchanged(_: asyncpg.Connection) -> None:
    """Leave a connection as it is."""


def pool(
    url: str,
    *,
    size: int,
    pooler: bool = False,
    role: str = SERVICE_ROLE,
    patience: float = _PATIENCE,
) -> asyncpg.Pool:
    """Return a pool of at most `size` connections as `role`, to be entered.

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
        server_settings={} if pooler else {"role": role},
        statement_cache_size=0 if pooler else 100,
        # Nothing of a session outlives its transaction here: a round trip less at each release.
        reset=_unchanged,
    )
