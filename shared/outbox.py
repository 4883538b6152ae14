"""The outbox: events written in the same transaction as what they tell, and published after it.

The fast path publishes right after the commit. The relay publishes what a crash left between the
two; two relays at once share the rows, and an event published twice has the same id.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog

from shared.broker import Broker
from shared.errors import DocreelError
from shared.events import Event
from shared.ledger import Executor
from shared.metrics import RELAYED
from shared.routes import Service, decode, encode

_BATCH = 200  # rows that one relay takes at a time
_EVERY = 5.0  # seconds between two looks; also how long the fast path has before the relay helps

log = structlog.get_logger()


async def post(db: Executor, service: Service, following: Sequence[Event]) -> None:
    """Write events to the outbox. An event that is there already is not written twice."""
    await db.executemany(
        """insert into outbox (id, job_id, service, unit, kind, body)
           values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing""",
        [(e.id, e.job_id, service.value, e.unit, e.kind, encode(e)) for e in following],
    )


async def published(db: Executor, ids: Sequence[UUID]) -> None:
    """Note that the broker has confirmed these events."""
    await db.execute(
        "update outbox set published_at = now() where id = any($1) and published_at is null",
        list(ids),
    )


async def relay_once(pool: asyncpg.Pool, broker: Broker, service: Service, age: float) -> int:
    """Publish the service's events that are unpublished for `age` seconds; return how many.

    The rows stay locked until the broker has confirmed, so that a second relay passes them over.
    """
    async with pool.acquire() as db, db.transaction():
        rows = await db.fetch(
            """select id, kind, body from outbox
               where service = $1 and published_at is null
                 and created_at <= clock_timestamp() - make_interval(secs => $2)
               order by created_at limit $3 for update skip locked""",
            service.value,
            age,
            _BATCH,
        )
        if rows:
            await broker.publish([decode(row["kind"], row["body"]) for row in rows])
            await published(db, [row["id"] for row in rows])
            RELAYED.labels(service.value).inc(len(rows))
        return len(rows)


async def relay(pool: asyncpg.Pool, broker: Broker, service: Service) -> None:
    """Relay for ever. A lost broker or database is waited for, not died of."""
    while True:
        try:
            while await relay_once(pool, broker, service, _EVERY) == _BATCH:
                pass
        except (DocreelError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("relay_interrupted", service=service.value, reason=str(error))
        await asyncio.sleep(_EVERY)
