"""The ledger of paid work: who may make a unit's call, and what became of it.

A unit is claimed with a lease by the database's clock. The fence rises with every claim, so that a
worker which slept past its lease cannot overwrite what its successor stored.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg
import orjson

from shared.events import Event
from shared.routes import Service

# Whatever runs one statement: a pool, or a connection with its transaction.
Executor = asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Standing(StrEnum):
    """What a worker finds when it asks for a unit."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    LEASED = "leased"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim. `fence` counts only where `standing` is CLAIMED."""

    standing: Standing
    fence: int = 0


# One statement decides: the insert or update happens only where the unit is free, and the job is
# neither cancelled nor at its end. A lease that ran out while running may have paid: `unknown`.
_CLAIM = """
with job as (
  select id from processing_jobs
  where id = $1 and epoch = $2 and cancel_requested_at is null
    and status in ('pending', 'processing')
), claimed as (
  insert into work_units as u (job_id, epoch, unit, service, state, owner, fence, lease_until)
  select id, $2, $3, $4, 'running', $5, 1, clock_timestamp() + make_interval(secs => $6) from job
  on conflict (job_id, epoch, unit) do update set
    state = 'running', owner = excluded.owner, fence = u.fence + 1,
    lease_until = excluded.lease_until,
    unknown_calls = u.unknown_calls + (u.state = 'running')::integer
  where u.state = 'waiting' or (u.state = 'running' and u.lease_until < clock_timestamp())
  returning fence
)
select (select fence from claimed) as fence,
       exists (select from job) as open,
       (select state from work_units where job_id = $1 and epoch = $2 and unit = $3) as state
"""


async def claim(  # noqa: PLR0913 - a lease has these terms
    db: Executor, event: Event, unit: str, *, service: Service, owner: str, lease: float
) -> Claim:
    """Claim `unit` of the event's job and epoch for `owner`, for `lease` seconds."""
    row = await db.fetchrow(_CLAIM, event.job_id, event.epoch, unit, service.value, owner, lease)
    if row is None:  # a select without a from always has one row
        raise AssertionError(unit)
    if row["fence"] is not None:
        return Claim(Standing.CLAIMED, row["fence"])
    match row["state"]:
        case "done":
            return Claim(Standing.DONE)
        case "failed":
            return Claim(Standing.FAILED)
        case _ if not row["open"]:
            return Claim(Standing.CANCELLED)
        case _:
            return Claim(Standing.LEASED)


async def renew(db: Executor, event: Event, unit: str, fence: int, lease: float) -> bool:
    """Extend the lease; false when it was lost, or when the job was cancelled meanwhile."""
    renewed = await db.fetchval(
        """update work_units u set lease_until = clock_timestamp() + make_interval(secs => $5)
           from processing_jobs j
           where u.job_id = $1 and u.epoch = $2 and u.unit = $3 and u.fence = $4
             and u.state = 'running' and j.id = u.job_id and j.cancel_requested_at is null
           returning true""",
        event.job_id,
        event.epoch,
        unit,
        fence,
        lease,
    )
    return bool(renewed)


async def settle(  # noqa: PLR0913 - what ends with a unit
    db: Executor,
    event: Event,
    unit: str,
    fence: int,
    *,
    state: str,
    reason: str | None = None,
) -> bool:
    """Mark the unit `done`, `failed` or `waiting`; false when another claim came in between.

    Call it first in the transaction that stores the unit's output: it takes the row's lock.
    """
    settled = await db.fetchval(
        """update work_units set state = $5, reason = $6
           where job_id = $1 and epoch = $2 and unit = $3 and fence = $4 and state = 'running'
           returning true""",
        event.job_id,
        event.epoch,
        unit,
        fence,
        state,
        reason,
    )
    return bool(settled)


async def kept(db: Executor, key: str) -> Any | None:
    """Return the output kept under a content key, or none."""
    text = await db.fetchval("select output from ai_results where key = $1", key)
    return None if text is None else orjson.loads(text)


async def keep(db: Executor, key: str, service: Service, output: Any, engine: str) -> None:
    """Keep an output by content. What is there already stays: it is the same content's answer."""
    await db.execute(
        """insert into ai_results (key, service, output, engine) values ($1, $2, $3, $4)
           on conflict (key) do nothing""",
        key,
        service.value,
        orjson.dumps(output).decode(),
        engine,
    )
