"""A pool of connections to PostgreSQL, as the role that workers act in."""

import asyncpg


def pool(url: str, *, size: int, pooler: bool = False) -> asyncpg.Pool:
    """Return a pool of at most `size` connections as `service_role`, to be entered.

    `pooler` says that the URL is a transaction-mode pooler's, on which prepared statements and a
    session's role do not last: there the URL's own user acts.
    """
    return asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        server_settings={} if pooler else {"role": "service_role"},
        statement_cache_size=0 if pooler else 100,
    )
