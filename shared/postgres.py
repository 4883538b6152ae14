"""A pool of connections to PostgreSQL, as the role that workers act in."""

import asyncpg


def pool(url: str, *, size: int, pooler: bool = False, stateless: bool = False) -> asyncpg.Pool:
    """Return a pool of at most `size` connections as `service_role`, to be entered.

    `pooler` says that the URL is a transaction-mode pooler's, on which prepared statements and a
    session's role do not last: there the URL's own user acts. `stateless` says that whatever is set
    on a connection ends with its transaction, so that giving it back takes no round trip.
    """
    return asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        server_settings={} if pooler else {"role": "service_role"},
        statement_cache_size=0 if pooler else 100,
        reset=_nothing if stateless else None,
    )


async def _nothing(_: object) -> None:
    """Reset no session: an open transaction is rolled back before this is called."""
