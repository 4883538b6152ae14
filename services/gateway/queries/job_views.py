"""Jobs as they are shown: a row with its stages, and what happened to it; one statement each."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.models.jobs import ACTIVE, Activity, Job, JobWithSteps, Moment, Status
from services.gateway.paging import Place
from services.gateway.stages import Counts, eta, stages
from shared.postgres.statements import Executor

# What the step rows of a job amount to, and when one of them moved last.
_COUNTED = """
  left join lateral (
    select jsonb_agg(to_jsonb(g) - 'moved') as counts, max(g.moved) as moved
    from (
      select split_part(s.unit, '/', 1) as part,
        case when s.unit like 'translation/%' then split_part(s.unit, '/', 2) end as language,
        count(*) as seen,
        count(*) filter (where s.state = 1) as running,
        count(*) filter (where s.state = 2) as quota,
        count(*) filter (where s.state = 3) as failed,
        count(*) filter (where s.state = 4) as done,
        sum(case when s.state >= 3 then 100 else s.percent end) as percent,
        max((s.detail ->> 'expected')::integer) as expected,
        min(s.detail ->> 'until') filter (where s.state = 2) as until,
        max(s.updated_at) as moved
      from job_steps s
      where s.job_id = j.id and s.epoch = j.epoch and s.unit <> 'cancel'
      group by 1, 2) g) c on true"""

_COLUMNS = """j.id, j.project_id, j.video_id, v.title as video_title, j.epoch, j.status, j.step,
  j.step_message, j.progress, j.error_message, j.languages, j.issues, j.engine,
  j.cancel_requested_at, j.started_at, j.completed_at, j.created_at, j.updated_at, c.counts,
  job_cost(j.id) as cost,
  clock_timestamp() - greatest(j.updated_at, c.moved) as quiet"""

_JOINED = f"join videos v on v.id = j.video_id {_COUNTED}"

_FROM = f"{_COLUMNS} from processing_jobs j {_JOINED}"

_STEPS = """(
  select coalesce(jsonb_agg(jsonb_build_object('unit', s.unit, 'state', s.state,
    'percent', s.percent, 'reason', s.detail -> 'reason',
    'expected', s.detail -> 'expected', 'until', s.detail -> 'until')), '[]')
  from job_steps s where s.job_id = j.id and s.epoch = j.epoch and s.unit <> 'cancel'
) as steps"""

# job_steps.state is a rank, by which the progress service's fold compares.
_STATES = ("waiting", "running", "waiting_quota", "failed", "done")
_PARTS = ("job", "transcription", "window", "outline", "article", "translation")
_NUMBER = re.compile(r"\d+")
_RECENT = 20  # jobs that have ended, beside those that run

Moving = tuple[Job, timedelta]  # a job, and for how long nothing of it has moved


async def listed(  # noqa: PLR0913 - each is a filter
    db: Executor,
    *,
    project_id: UUID | None,
    video_id: UUID | None,
    statuses: Sequence[Status],
    after: Place | tuple[None, None],
    limit: int,
) -> list[Job]:
    """Return the caller's newest jobs first, at most one more than `limit`."""
    conditions, values = list[str](), list[Any]()

    def where(condition: str, *given: Any) -> None:
        first = len(values) + 1
        values.extend(given)
        conditions.append(condition.format(*(f"${first + n}" for n in range(len(given)))))

    # Only what is asked for: the planner then has an index for each of them.
    if project_id is not None:
        where("j.project_id = {}", project_id)
    if video_id is not None:
        where("j.video_id = {}", video_id)
    if statuses:
        where("j.status = any({})", list(statuses))
    if after[0] is not None:
        where("(j.created_at, j.id) < ({}, {})", *after)
    last = f"order by j.created_at desc, j.id desc limit {limit + 1}"
    if project_id is None and video_id is None:
        # The newest of each project, of which the newest are these: reading all jobs by age would
        # pass over everybody else's.
        newest = " and ".join(["j.project_id = m.id", *conditions])
        chosen = f"""(select j.* from unnest((select member_projects())::uuid[]) m (id)
          cross join lateral (select * from processing_jobs j where {newest} {last}) j
          {last}) j"""  # noqa: S608 - our own words
        conditions = []
    else:
        chosen = "processing_jobs j"
    rows = await db.fetch(
        f"""select {_COLUMNS} from {chosen} {_JOINED}
            where {" and ".join(conditions) or "true"} {last}""",  # noqa: S608 - as above
        *values,
    )
    return [_moving(row)[0] for row in rows]


async def active(db: Executor, project_id: UUID) -> list[Moving]:
    """Return a project's jobs that have not ended, newest first."""
    running = ", ".join(f"'{status}'" for status in ACTIVE)  # as the index on them has it
    rows = await db.fetch(
        f"""select {_FROM} where j.project_id = $1 and j.status in ({running})
            order by j.created_at desc, j.id desc limit 200""",
        project_id,
    )
    return [_moving(row) for row in rows]


async def activity(db: Executor, project_id: UUID) -> tuple[Activity, timedelta | None]:
    """Return what a project is at, and for how long nothing has moved; none where nothing runs."""
    running = await active(db, project_id)
    recent = await listed(
        db,
        project_id=project_id,
        video_id=None,
        statuses=("completed", "failed", "cancelled"),
        after=(None, None),
        limit=_RECENT - 1,
    )
    quiet = min((quiet for _, quiet in running), default=None)
    return Activity(active=[job for job, _ in running], recent=recent), quiet


async def many(db: Executor, job_ids: Sequence[UUID]) -> list[Moving]:
    """Return those of the jobs that the caller sees, in the order asked for."""
    rows = await db.fetch(f"select {_FROM} where j.id = any($1)", list(job_ids))
    found = {row["id"]: _moving(row) for row in rows}
    return [found[job] for job in dict.fromkeys(job_ids) if job in found]


async def found(db: Executor, job_id: UUID) -> tuple[JobWithSteps, timedelta] | None:
    """Return a job that the caller sees with its steps, and for how long nothing has moved."""
    row = await db.fetchrow(f"select {_STEPS}, {_FROM} where j.id = $1", job_id)
    if row is None:
        return None
    steps = sorted(orjson.loads(row["steps"]), key=lambda step: _place(step["unit"]))
    told = [
        {
            **step,
            "state": _STATES[step["state"]],
            "percent": round(step["percent"], 2),
            "reason": step["reason"] or "",
        }
        for step in steps
    ]
    return JobWithSteps.model_validate(_values(row) | {"steps": told}), row["quiet"]


async def exists(db: Executor, job_id: UUID) -> bool:
    """Tell whether the caller sees a job."""
    found = await db.fetchval("select exists (select from processing_jobs where id = $1)", job_id)
    return bool(found)


async def moments(
    db: Executor, job_id: UUID, after: Place | tuple[None, None], limit: int
) -> list[Moment]:
    """Return what happened to a job, in order, at most one more than `limit`."""
    rows = await db.fetch(
        """select id, kind, unit, epoch, attempt, occurred_at from job_events
           where job_id = $1 and ($2::timestamptz is null or (occurred_at, id) > ($2, $3))
           order by occurred_at, id, attempt limit $4""",
        job_id,
        *after,
        limit + 1,
    )
    return [Moment.model_validate(dict(row)) for row in rows]


def _moving(row: asyncpg.Record) -> Moving:
    return Job.model_validate(_values(row)), row["quiet"]


def _values(row: asyncpg.Record) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    values["issues"] = orjson.loads(values["issues"])
    values["progress"] = round(values["progress"], 4)  # a `real`: more digits would be noise
    counts = [Counts(**one) for one in orjson.loads(values["counts"] or "[]")]
    values["stages"] = stages(counts, values["languages"], values["status"])
    values["eta"] = eta(
        values["status"], values["progress"], values["started_at"], values["updated_at"]
    )
    return values


def _place(unit: str) -> tuple[int, int, str]:
    """Sort units as the work goes, windows by number."""
    part, _, rest = unit.partition("/")
    number = int(rest) if _NUMBER.fullmatch(rest) else 0
    return (_PARTS.index(part) if part in _PARTS else len(_PARTS)), number, rest
