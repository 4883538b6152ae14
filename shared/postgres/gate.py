"""The gate of all replicas together, on PostgreSQL."""

import asyncio
from dataclasses import dataclass

from shared.database import patiently
from shared.errors import RateLimitedError
from shared.gate import PATIENCE
from shared.postgres.statements import Executor


@dataclass(frozen=True, slots=True)
class PostgresGate:
    """See `shared.gate.Gate`. `requests` and `tokens` are the most a minute; none: any number."""

    db: Executor
    requests: int | None = None
    tokens: int | None = None

    async def admit(self, model: str, tokens: int) -> None:
        """See `shared.gate.Gate.admit`."""
        row = await patiently(
            lambda: self.db.fetchrow(
                "select * from admit_call($1, $2, $3, $4, $5)",
                model,
                tokens,
                self.requests,
                self.tokens,
                PATIENCE,
            )
        )
        if row is None:  # the function always returns a row
            raise AssertionError(model)
        wait, daily = row["wait"], row["daily"]
        if row["refused"]:
            raise RateLimitedError(wait, daily=daily)
        while wait > 0:
            await asyncio.sleep(wait)
            # Somebody else may have been refused meanwhile.
            wait, daily = await self._closed_for(model)
            if wait > PATIENCE:
                raise RateLimitedError(wait, daily=daily)

    async def _closed_for(self, model: str) -> tuple[float, bool]:
        row = await patiently(
            lambda: self.db.fetchrow(
                """select extract(epoch from opens_at - clock_timestamp())::float8 as wait, daily
                   from ai_closures where model = $1""",
                model,
            )
        )
        return (0.0, False) if row is None else (row["wait"], row["daily"])

    async def closed(self, model: str, after: float, *, daily: bool) -> None:
        """See `shared.gate.Gate.closed`."""
        await patiently(
            lambda: self.db.execute(
                """insert into ai_closures as c (model, opens_at, daily)
                   values ($1, clock_timestamp() + make_interval(secs => $2), $3)
                   on conflict (model) do update
                   set opens_at = excluded.opens_at, daily = excluded.daily
                   where c.opens_at < excluded.opens_at""",
                model,
                after,
                daily,
            )
        )
