"""Delivers what is due to webhooks: signed, with patience, and not for ever.

The rows are written by the transaction that ends a job. Two gateways at once share them.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import structlog
from standardwebhooks import Webhook

from services.gateway.destinations import Destination, ForbiddenDestinationError, resolved

# Seconds after each failed attempt, about a day and a half in all, as Standard Webhooks advises.
DELAYS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400)
_LEASE = 60  # seconds that one attempt has, before another gateway may make it
_TIMEOUT = 15.0  # seconds for the other side
_AT_ONCE = 20
_TOLD = 200  # characters of an answer that are kept
_KEPT_DAYS = 30

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Sends due deliveries; `private` lets them go to this network."""

    pool: asyncpg.Pool
    http: httpx.AsyncClient
    private: bool
    delays: tuple[int, ...] = DELAYS

    async def deliver(self) -> int:
        """Make one attempt at each delivery that is due; return how many."""
        # Claimed by moving them on: a gateway that dies in an attempt leaves it to another.
        rows = await self.pool.fetch(
            """update webhook_deliveries d set attempts = attempts + 1,
                 next_at = clock_timestamp() + make_interval(secs => $1)
               from webhooks w where w.id = d.webhook_id and d.id in (
                 select id from webhook_deliveries
                 where state = 'waiting' and next_at <= clock_timestamp()
                 order by next_at limit $2 for update skip locked)
               returning d.id, d.body, d.attempts, w.url, w.secret""",
            _LEASE,
            _AT_ONCE,
        )
        # Side by side: one that does not answer holds up no other.
        await asyncio.gather(*(self._attempt(row) for row in rows))
        return len(rows)

    async def _attempt(self, row: asyncpg.Record) -> None:
        taken, said = await self._sent(row)
        if taken:
            await self.pool.execute(
                """update webhook_deliveries set state = 'delivered', answer = $2,
                     delivered_at = clock_timestamp() where id = $1""",
                row["id"],
                said,
            )
            return
        over = row["attempts"] > len(self.delays)
        delay = 0.0 if over else self.delays[row["attempts"] - 1] * random.uniform(1, 1.2)  # noqa: S311 - jitter
        logger.warning("webhook_refused", delivery=str(row["id"]), said=said, over=over)
        await self.pool.execute(
            """update webhook_deliveries set state = $2, answer = $3,
                 next_at = clock_timestamp() + make_interval(secs => $4) where id = $1""",
            row["id"],
            "failed" if over else "waiting",
            said,
            delay,
        )

    async def _sent(self, row: asyncpg.Record) -> tuple[bool, str]:
        """Send once; return whether it was taken, and what the other side said."""
        now = datetime.now(UTC)
        name, body = f"msg_{row['id'].hex}", row["body"]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Docreel-Webhooks",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(row["secret"]).sign(name, now, body),
        }
        try:
            destination = await resolved(row["url"], private=self.private)
            async with self.http.stream(
                "POST",
                destination.pinned,
                content=body.encode(),
                headers=headers | {"Host": _host(destination)},
                extensions=_extensions(destination),
                timeout=_TIMEOUT,
            ) as answer:
                # Only the status counts; a body of any length is not read.
                return answer.is_success, str(answer.status_code)
        except (ForbiddenDestinationError, OSError, httpx.HTTPError) as error:
            return False, (str(error) or type(error).__name__)[:_TOLD]


def _host(destination: Destination) -> str:
    return destination.url.netloc.decode("ascii")


def _extensions(destination: Destination) -> dict[str, Any]:
    # The certificate has to be the name's, though the request goes to its address.
    return {"sni_hostname": destination.host} if destination.url.scheme == "https" else {}


async def forget_old(pool: asyncpg.Pool) -> None:
    """Clear away deliveries that ended long ago."""
    await pool.execute(
        """delete from webhook_deliveries where state <> 'waiting'
           and created_at < now() - make_interval(days => $1)""",
        _KEPT_DAYS,
    )
