"""Webhooks and what was delivered to them. The secret is written, and never read as a caller."""

from typing import Any
from uuid import UUID

from services.gateway.models.webhooks import Delivery, NewWebhook, Webhook
from services.gateway.paging import Place
from shared.postgres.statements import Executor

_COLUMNS = "id, project_id, url, events, created_at, updated_at"


async def listed(db: Executor, project_id: UUID) -> list[Webhook]:
    """Return a project's webhooks, oldest first."""
    rows = await db.fetch(
        f"select {_COLUMNS} from webhooks where project_id = $1 order by created_at, id",  # noqa: S608
        project_id,
    )
    return [Webhook.model_validate(dict(row)) for row in rows]


async def create(db: Executor, project_id: UUID, wanted: NewWebhook, secret: str) -> Webhook:
    """Create a webhook."""
    row = await db.fetchrow(
        f"""insert into webhooks (project_id, url, events, secret) values ($1, $2, $3, $4)
            returning {_COLUMNS}""",  # noqa: S608 - our own constant
        project_id,
        wanted.url,
        list(wanted.events),
        secret,
    )
    if row is None:  # an insert of one row returns one
        raise AssertionError(wanted)
    return Webhook.model_validate(dict(row))


async def is_writer(db: Executor, webhook_id: UUID) -> bool | None:
    """Tell whether the caller may change a webhook; none where they see no such webhook."""
    allowed: bool | None = await db.fetchval(
        """select is_org_writer(p.org_id) from webhooks w join projects p on p.id = w.project_id
           where w.id = $1""",
        webhook_id,
    )
    return allowed


async def remove(db: Executor, webhook_id: UUID) -> None:
    """Remove a webhook, with what was not delivered yet."""
    await db.execute("delete from webhooks where id = $1", webhook_id)


async def deliveries(
    db: Executor, webhook_id: UUID, after: Place | tuple[None, None], limit: int
) -> list[Delivery]:
    """Return a webhook's deliveries, newest first, at most one more than `limit`."""
    rows: list[Any] = await db.fetch(
        """select id, job_id, kind, state, attempts, next_at, answer, created_at, delivered_at
           from webhook_deliveries
           where webhook_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
           order by created_at desc, id desc limit $4""",
        webhook_id,
        *after,
        limit + 1,
    )
    return [Delivery.model_validate(dict(row)) for row in rows]
