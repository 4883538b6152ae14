"""The ledger of paid work on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import orjson

from shared.events import Event
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.postgres.statements import Executor
from shared.routes import Service
from shared.spending import Call

# One statement decides: the insert or update happens only where the unit is free, and the job is
# neither cancelled nor at its end. A lease that ran out while running is a death, and may have
# paid: `unknown`. While the server was away no lease could be renewed: each lasts as long again
# from its start.
_FREE = """
(u.state = 'waiting' and u.due_at <= clock_timestamp()
 or u.state = 'running' and clock_timestamp() >
    greatest(u.lease_until, pg_postmaster_start_time() + make_interval(secs => $6)))
"""
_CLAIM = f"""
with job as (
  select id from processing_jobs
  where id = $1 and epoch = $2 and cancel_requested_at is null
    and status in ('pending', 'processing')
), claimed as (
  insert into work_units as u (job_id, epoch, unit, service, state, owner, fence, lease_until)
  select id, $2, $3, $4, 'running', $5, 1, clock_timestamp() + make_interval(secs => $6) from job
  on conflict (job_id, epoch, unit) do update set
    state = 'running', owner = excluded.owner,
    fence = u.fence + (u.state <> 'running' or u.owner <> excluded.owner)::integer,
    lease_until = excluded.lease_until,
    unknown_calls = u.unknown_calls + (u.state = 'running' and u.owner <> excluded.owner)::integer,
    deaths = u.deaths + (u.state = 'running' and u.owner <> excluded.owner)::integer
  where (u.state = 'running' and u.owner = excluded.owner)
     or ({_FREE} and ($7 or (u.state = 'waiting' and u.deaths = 0)))
  returning fence, attempts, deaths + child_deaths as deaths
), present as (
  select state, extract(epoch from due_at - clock_timestamp()) as after, {_FREE} as free
  from work_units u where job_id = $1 and epoch = $2 and unit = $3
)
select claimed.fence, claimed.attempts, claimed.deaths, present.state, present.after, present.free,
       exists (select from job) as open
from (select) as one left join claimed on true left join present on true
"""  # noqa: S608 - made of this module's own words

_KEEP = """
insert into ai_results (key, service, output, engine) values ($1, $2, $3, $4)
on conflict (key) do nothing
"""

_DONE = """
update work_units set state = 'done', reason = null
where job_id = $1 and epoch = $2 and unit = $3 and fence = $4 and state = 'running'
returning true
"""

_COMPLETE = f"""
with done as ({_DONE}), kept as (
  insert into ai_results (key, service, output, engine) values ($5, $6, $7, $8)
  on conflict (key) do nothing
)
select exists (select from done)
"""  # noqa: S608 - made of this module's own words


class PostgresLedger:
    """See `shared.ledger.Ledger`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def claim(  # noqa: PLR0911, PLR0913 - what a claim consists of, and what it may find
        self,
        event: Event,
        unit: str,
        *,
        service: Service,
        owner: str,
        lease: float,
        alone: bool = False,
    ) -> Claim:
        """See `shared.ledger.Ledger.claim`."""
        row = await self._db.fetchrow(
            _CLAIM, event.job_id, event.epoch, unit, service.value, owner, lease, alone
        )
        if row is None:  # it joins to exactly one row
            raise AssertionError(unit)
        if row["fence"] is not None:
            return Claim(
                Standing.CLAIMED, row["fence"], attempts=row["attempts"], deaths=row["deaths"]
            )
        match row["state"]:
            case "done":
                return Claim(Standing.DONE)
            case "failed":
                return Claim(Standing.FAILED)
            case _ if not row["open"]:
                return Claim(Standing.CANCELLED)
            case _ if row["free"] and not alone:
                return Claim(Standing.ALONE)
            case "waiting":
                return Claim(Standing.EARLY, after=max(0.0, float(row["after"])))
            case _:
                return Claim(Standing.LEASED)

    async def renew(self, event: Event, unit: str, fence: int, lease: float) -> bool:
        """See `shared.ledger.Ledger.renew`."""
        renewed = await self._db.fetchval(
            """update work_units u set lease_until = clock_timestamp() + make_interval(secs => $5)
               from processing_jobs j
               where u.job_id = $1 and u.epoch = $2 and u.unit = $3 and u.fence = $4
                 and u.state = 'running' and j.id = u.job_id and j.epoch = u.epoch
                 and j.cancel_requested_at is null and j.status in ('pending', 'processing')
               returning true""",
            event.job_id,
            event.epoch,
            unit,
            fence,
            lease,
        )
        return bool(renewed)

    async def settle(self, event: Event, unit: str, fence: int, outcome: Outcome) -> bool:
        """See `shared.ledger.Ledger.settle`."""
        settled = await self._db.fetchval(
            """update work_units set state = $5, reason = $6,
                 due_at = clock_timestamp() + make_interval(secs => $7),
                 unknown_calls = unknown_calls + $8, attempts = attempts + $9,
                 child_deaths = child_deaths + $10
               where job_id = $1 and epoch = $2 and unit = $3 and fence = $4 and state = 'running'
               returning true""",
            event.job_id,
            event.epoch,
            unit,
            fence,
            outcome.state,
            outcome.reason or None,
            outcome.after,
            int(outcome.unknown),
            int(outcome.failed),
            int(outcome.child_died),
        )
        return bool(settled)

    async def complete(self, event: Event, unit: str, fence: int, answer: Answer | None) -> bool:
        """See `shared.ledger.Ledger.complete`."""
        claim = (event.job_id, event.epoch, unit, fence)
        if answer is None:
            return bool(await self._db.fetchval(_DONE, *claim))
        return bool(await self._db.fetchval(_COMPLETE, *claim, *_row(answer)))

    async def spend(self, event: Event, unit: str, service: Service, calls: Sequence[Call]) -> None:
        """See `shared.ledger.Ledger.spend`."""
        if not calls:
            return
        await self._db.execute(
            """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
                 output_tokens, cached_tokens, answered)
               select call.id, j.id, $2, $3, $4, call.model, call.prompt, call.output, call.cached,
                 call.answered
               from processing_jobs j, unnest($5::uuid[], $6::text[], $7::bigint[], $8::bigint[],
                 $9::bigint[], $10::boolean[])
                 as call (id, model, prompt, output, cached, answered)
               where j.id = $1 on conflict (id) do nothing""",
            event.job_id,
            event.epoch,
            unit,
            service.value,
            [call.id for call in calls],
            [call.model for call in calls],
            [call.prompt for call in calls],
            [call.output for call in calls],
            [call.cached for call in calls],
            [call.answered for call in calls],
        )

    async def kept(self, key: str) -> Any | None:
        """See `shared.ledger.Ledger.kept`."""
        text = await self._db.fetchval("select output from ai_results where key = $1", key)
        return None if text is None else orjson.loads(text)

    async def keep(self, answer: Answer) -> None:
        """See `shared.ledger.Ledger.keep`."""
        await self._db.execute(_KEEP, *_row(answer))


def _row(answer: Answer) -> tuple[str, str, str, str]:
    output = orjson.dumps(answer.output).decode()
    return answer.key, answer.service.value, output, answer.engine
