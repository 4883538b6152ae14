"""The outbox on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from shared.errors import UndecodableEventError
from shared.events import Event
from shared.postgres.statements import Executor
from shared.routes import Service, decode, encode

log = structlog.get_logger()


class PostgresOutbox:
    """See `shared.outbox.Outbox`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def post(self, service: Service, events: Sequence[Event], *, cause: str) -> None:
        """See `shared.outbox.Outbox.post`."""
        if not events:
            return
        await self._db.execute(
            """insert into outbox (id, job_id, service, cause, epoch, kind, body)
               select new.id, new.job_id, $1, $2, new.epoch, new.kind, new.body
               from unnest($3::uuid[], $4::uuid[], $5::integer[], $6::text[], $7::bytea[])
                 as new (id, job_id, epoch, kind, body)
               on conflict (id) do nothing""",
            service.value,
            cause,
            [event.id for event in events],
            [event.job_id for event in events],
            [event.epoch for event in events],
            [event.kind for event in events],
            [encode(event) for event in events],
        )

    async def published(self, ids: Sequence[UUID]) -> None:
        """See `shared.outbox.Outbox.published`."""
        await self._db.execute(
            "update outbox set published_at = now() where id = any($1) and published_at is null",
            list(ids),
        )

    async def unpublished(self, service: Service, age: float, most: int) -> list[Event]:
        """See `shared.outbox.Outbox.unpublished`."""
        rows = await self._db.fetch(
            """select id, kind, body from outbox
               where service = $1 and published_at is null
                 and created_at <= clock_timestamp() - make_interval(secs => $2)
               order by created_at limit $3 for update skip locked""",
            service.value,
            age,
            most,
        )
        events, lost = [], []
        for row in rows:
            try:
                events.append(decode(row["kind"], row["body"]))
            except UndecodableEventError as error:
                log.error("outbox_undecodable", id=str(row["id"]), reason=str(error))  # noqa: TRY400 - it says all
                lost.append(row["id"])
        if lost:
            # Of another version's, perhaps; held on to, they would hold up all that comes after.
            await self.published(lost)
        return events

    async def of_unit(self, event: Event, unit: str, service: Service) -> list[Event]:
        """See `shared.outbox.Outbox.of_unit`."""
        rows = await self._db.fetch(
            """select kind, body from outbox
               where job_id = $1 and epoch = $2 and service = $3 and cause = $4
                 and published_at is null""",
            event.job_id,
            event.epoch,
            service.value,
            unit,
        )
        return [decode(row["kind"], row["body"]) for row in rows]
