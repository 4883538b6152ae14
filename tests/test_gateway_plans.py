"""With a million jobs in the database, what is polled is found by indexes, under its policies."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.gateway.access import Access
from services.gateway.queries import job_views, videos
from shared.postgres.statements import Executor

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

USER = uuid4()

_FILL = (
    "set session_replication_role = replica",  # no triggers, and so no foreign keys to look up
    """insert into organizations (id, name)
       select md5('o' || n)::uuid, 'O' from generate_series(1, 200) n""",
    f"insert into org_members (org_id, user_id, role) values (md5('o1')::uuid, '{USER}', 'writer')",  # noqa: S608
    """insert into projects (id, org_id, name, slug)
       select md5('p' || n)::uuid, md5('o' || (1 + n % 200))::uuid, 'P', 'p-' || n
       from generate_series(1, 1000) n""",
    """insert into videos (id, project_id, title, filename)
       select md5('v' || n)::uuid, md5('p' || (1 + n % 1000))::uuid, 'V', 'v.mp4'
       from generate_series(1, 20000) n""",
    # Each has been processed fifty times; of a hundred jobs one has not ended.
    """insert into processing_jobs (id, project_id, video_id, status, created_at)
       select md5('j' || n)::uuid, md5('p' || (1 + n % 1000))::uuid,
         md5('v' || (1 + (n - 1) % 20000))::uuid,
         case when n % 97 = 0 then 'processing' else 'completed' end,
         now() - make_interval(secs => n)
       from generate_series(1, 1000000) n""",
    """insert into job_steps (job_id, epoch, unit, state)
       select md5('j' || n)::uuid, 1, 'window/' || m, 4
       from generate_series(1, 20000) n, generate_series(0, 9) m""",
    """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens, output_tokens)
       select gen_random_uuid(), md5('j' || n)::uuid, 1, 'x', 'x', 'gemini-3.8-flash', 1, 1
       from generate_series(1, 20000) n, generate_series(0, 9) m""",
    "set session_replication_role = origin",
)


class Explained:
    """Runs a statement as it is, and once more to see how it was done."""

    def __init__(self, db: Executor) -> None:
        self._db = db
        self.plans: list[dict[str, Any]] = []

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        told = await self._db.fetchval(f"explain (analyze, buffers, format json) {query}", *values)
        self.plans.append(json.loads(told)[0])
        rows: list[asyncpg.Record] = await self._db.fetch(query, *values)
        return rows

    async def fetchrow(self, query: str, *values: Any) -> asyncpg.Record | None:
        rows = await self.fetch(query, *values)
        return rows[0] if rows else None


def parts(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(one for child in plan.get("Plans", []) for one in parts(child))]


def touched(one: dict[str, Any]) -> float:
    """Rows that a part of a plan went through."""
    each = one["Actual Rows"] + one.get("Rows Removed by Filter", 0)
    return float(each * one["Actual Loops"])


@pytest.fixture
async def crowd(db: asyncpg.Connection) -> dict[str, UUID]:
    # Building an index once is faster than a million times a little of it.
    indexes = await db.fetch(
        """select indexname, indexdef from pg_indexes
           where tablename = 'processing_jobs' and indexname <> 'processing_jobs_pkey'"""
    )
    for row in indexes:
        await db.execute(f"drop index {row['indexname']}")
    for statement in _FILL:
        await db.execute(statement)
    for row in indexes:
        await db.execute(row["indexdef"])
    await db.execute("analyze")
    found = await db.fetchrow(
        """select j.id, j.project_id, j.video_id from processing_jobs j
           join projects p on p.id = j.project_id
           where p.org_id = md5('o1')::uuid and j.status = 'processing' limit 1"""
    )
    assert found is not None
    return {"job": found["id"], "project": found["project_id"], "video": found["video_id"]}


async def test_a_million_jobs(dsn: str, crowd: dict[str, UUID]) -> None:
    nowhere: tuple[None, None] = (None, None)
    page: dict[str, Any] = {"statuses": (), "after": nowhere, "limit": 50}
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        access = Access.of(pool, USER)
        slow = []
        asks: dict[str, Callable[[Any], Awaitable[Any]]] = {
            "one job": lambda e: job_views.found(e, crowd["job"]),
            "many jobs": lambda e: job_views.many(e, [crowd["job"], uuid4()]),
            "a project's activity": lambda e: job_views.activity(e, crowd["project"]),
            "a project's jobs": lambda e: job_views.listed(
                e, project_id=crowd["project"], video_id=None, **page
            ),
            "a video's jobs": lambda e: job_views.listed(
                e, project_id=None, video_id=crowd["video"], **page
            ),
            "the caller's jobs": lambda e: job_views.listed(
                e, project_id=None, video_id=None, **page
            ),
            "a project's videos": lambda e: videos.listed(e, crowd["project"], nowhere, 50),
            "the caller's videos": lambda e: videos.listed(e, None, nowhere, 50),
        }
        for name, ask in asks.items():
            async with access.transaction() as connection:
                explained = Explained(connection)
                assert await ask(explained), name
            for plan in explained.plans:
                large = {"processing_jobs", "job_steps", "videos"}
                scanned = [
                    one["Relation Name"]
                    for one in parts(plan["Plan"])
                    if one["Node Type"] == "Seq Scan" and one["Relation Name"] in large
                ]
                # Not the time, which tells of the machine: a page's rows, however many there are.
                rows = max(map(touched, parts(plan["Plan"])))
                if scanned or rows > 1_000:
                    slow.append((name, scanned, rows))
        assert slow == []
