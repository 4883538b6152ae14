"""What came of a fault: every promise is held against the rows, the calls and the logs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from tests.faults.replicas import Replica
from tests.faults.script import Line

# The database's own memory of progress that fell and of endings that did not last: no poller
# could see them all.
_FALLS = """
create table falls (was text, now text);
create function note_fall() returns trigger language plpgsql security definer as $$
begin
  insert into public.falls values (old.status || ' ' || old.progress,
                                   new.status || ' ' || new.progress);
  return null;
end $$;
create trigger falls after update on processing_jobs for each row
  when (new.epoch = old.epoch and (new.progress < old.progress or
        (old.status in ('completed', 'failed', 'cancelled') and new.status <> old.status)))
  execute function note_fall();
"""

# Planning and asking are free.
_PAID = "unit <> 'transcription' and not starts_with(unit, 'languages/')"

_MADE = {
    "videos": "id, vtt_content, vtt_languages, duration",
    "video_segments": """id, video_id, "order", start_time, end_time, spoken_content,
                         visual_context, confidence, engine""",
    "chapters": """id, video_id, slug, title, description, "order", start_time, end_time,
                   segments""",
    "articles": "id, chapter_id, language, slug, title, content_json, content_text, status",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a fault explains: calls whose answer is lost, dead letters by queue, revived jobs.

    Where videos are `shared`, a unit may find its result kept by content, and need no call. The
    job `victim` ends as its test says; what is wrong with it may be `logged`.
    """

    unknown: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    revived: bool = False
    shared: bool = False
    victim: str = ""
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a fault, as the table shows it."""

    fault: str
    jobs: int
    units: int
    calls: int
    failed: int
    unknown: int
    allowed: int
    killed: int
    dead: int
    seconds: float


async def remember_falls(db: asyncpg.Connection) -> None:
    """Let the database note each fall of a job's progress, and each ending that did not last."""
    await db.execute(_FALLS)


async def judged(
    db: asyncpg.Connection, lines: Sequence[Line], explained: Expected
) -> tuple[int, int, int, int, int]:
    """Hold the promises against rows and calls.

    Return the numbers of jobs, units, calls, calls that failed and calls that are unknown.
    """
    jobs = await db.fetch("select id::text, status, error_message, issues from processing_jobs")
    ends = {tuple(row)[1:] for row in jobs if row["id"] != explained.victim}
    assert ends <= {("completed", None, "[]")}
    assert ends or explained.victim
    assert await db.fetch("select was, now from falls") == []
    assert await db.fetchval("select count(*) from outbox where published_at is null") == 0
    units = {
        (row["job_id"], row["epoch"], row["unit"]): row["unknown_calls"]
        for row in await db.fetch(
            f"select job_id::text, epoch, unit, unknown_calls from work_units where {_PAID}"  # noqa: S608 - our own constant
        )
    }
    states = await db.fetch("select job_id::text, state from work_units where state <> 'done'")
    assert {tuple(row) for row in states} <= {(explained.victim, "failed")}
    begun = Counter((one.job, one.epoch, one.unit) for one in lines if one.what == "begun")
    failed = Counter((one.job, one.epoch, one.unit) for one in lines if one.what == "failed")
    assert set(begun) <= set(units)
    for unit, unknown in units.items():
        paid = begun[unit] - failed[unit]
        least = 0 if explained.shared or unit[0] == explained.victim else 1
        assert least <= paid <= 1 + unknown, f"{unit} was paid {paid} times, {unknown} unknown"
    total = sum(units.values())
    noted = await db.fetchval("select count(*) from ai_calls")
    # Noted is what was paid, but for who died before: also of an answer that was lost in the call.
    ended = sum(one.what == "answered" or one.lost for one in lines)
    assert ended - total <= noted <= begun.total(), f"{noted} calls of {ended} are noted"
    assert total <= explained.unknown, f"{total} calls are unknown"
    return len(jobs), len(units), begun.total(), failed.total(), total


def quietly(replicas: Sequence[Replica], explained: Expected) -> None:
    """Hold the services' logs against what is expected: no fault of their own, no help."""
    logs = {one.log: one for one in replicas}.values()
    faults = ("handler_failed", "event_failed", "delivery_given_up", "reaper_failed")
    own = () if explained.logged else ("unit_failed", "attempt_failed", "unit_failed_alone")
    for event in (*faults, *own):
        assert not any(one.logged(event) for one in logs), event
    assert explained.revived or not any(one.logged("job_revived") for one in logs)


async def made(dsn: str) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows that the services have made, but for when."""
    db = await asyncpg.connect(dsn)
    found = {
        table: [
            tuple(row)
            for row in await db.fetch(
                f"select {columns} from {table} order by 1"  # noqa: S608 - our own constants
            )
        ]
        for table, columns in _MADE.items()
    }
    await db.close()
    return found


async def forget(dsn: str) -> None:
    """Remove all rows that the services have made, and what they keep by content."""
    db = await asyncpg.connect(dsn)
    await db.execute(
        """update videos set vtt_content = null, vtt_languages = '{}', duration = null;
           delete from chapters; delete from video_segments; delete from ai_results"""
    )
    await db.close()
