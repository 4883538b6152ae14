"""What was spent, and what it costs: sums of the calls that the workers noted."""

from uuid import UUID

from services.gateway.models.usage import Price, Spent, SpentUnit
from shared.postgres.statements import Executor

_SUMS = """coalesce(sum(calls), 0)::bigint as calls,
  coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  coalesce(sum(cached_tokens), 0)::bigint as cached_tokens,
  case when coalesce(bool_and(cost is not null), true) then coalesce(sum(cost), 0)::float8 end
    as cost,
  coalesce(sum(unanswered), 0)::bigint as unanswered,
  coalesce(sum(unanswered_tokens), 0)::bigint as unanswered_tokens"""


async def of_job(db: Executor, job_id: UUID) -> Spent:
    """Return what a job's calls used, in all of its epochs."""
    query = f"select {_SUMS} from ai_usage where job_id = $1"  # noqa: S608 - a constant
    return _spent(await db.fetchrow(query, job_id))


async def of_project(db: Executor, project_id: UUID) -> Spent:
    """Return what the calls of all of a project's jobs used."""
    query = f"select {_SUMS} from ai_usage where project_id = $1"  # noqa: S608 - a constant
    return _spent(await db.fetchrow(query, project_id))


async def of_units(db: Executor, job_id: UUID) -> list[SpentUnit]:
    """Return what each unit of a job used, in all of its epochs."""
    rows = await db.fetch(
        f"""select unit, {_SUMS} from ai_usage where job_id = $1
            group by unit order by unit""",  # noqa: S608 - a constant
        job_id,
    )
    return [SpentUnit.model_validate(dict(row)) for row in rows]


async def price(db: Executor, model: str | None) -> Price | None:
    """Return what a model costs now, in US dollars a million tokens; none where nobody said."""
    row = await db.fetchrow(
        """select prompt::float8, cached::float8, output::float8 from ai_prices
           where model = $1 and since <= now() order by since desc limit 1""",
        model,
    )
    return None if row is None else Price.model_validate(dict(row))


def _spent(row: object) -> Spent:
    if row is None:  # an aggregate always has one row
        raise AssertionError
    return Spent.model_validate(dict(row))  # type: ignore[call-overload]
