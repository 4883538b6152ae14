"""What a page polls: one job, many at once, a project's activity, and the stream beside it."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest

from tests.support.gateway import own_rows, problem

pytestmark = pytest.mark.integration

MORNING = "2026-11-25T08:00:00Z"


async def step(  # noqa: PLR0913, PLR0917 - a step has these
    db: asyncpg.Connection,
    job: UUID,
    unit: str,
    state: int,
    expected: int | None = None,
    percent: float = 0,
    until: str | None = None,
) -> None:
    detail: dict[str, Any] = {"expected": expected, "languages": [], "reason": "", "until": until}
    await db.execute(
        """insert into job_steps (job_id, epoch, unit, state, percent, detail)
           values ($1, 1, $2, $3, $4, $5)
           on conflict (job_id, epoch, unit) do update set state = $3, percent = $4""",
        job,
        unit,
        state,
        percent,
        orjson.dumps(detail).decode(),
    )


async def running(http: httpx.AsyncClient, db: asyncpg.Connection) -> dict[str, UUID]:
    """A job in the middle of its work: one of two windows, one of three articles, some Spanish."""
    ids = await own_rows(http, db)
    await db.execute(
        """update processing_jobs set status = 'processing', progress = 0.5, languages = '{es,ca}',
             started_at = now() - interval '60 seconds'"""
    )
    await step(db, ids["job"], "transcription", 1, expected=2)
    await step(db, ids["job"], "window/0", 4, percent=100)
    await step(db, ids["job"], "window/1", 1, percent=50)
    await step(db, ids["job"], "outline", 1, expected=3)
    await step(db, ids["job"], "article/0", 4)
    await step(db, ids["job"], "article/1", 2, until=MORNING)
    await step(db, ids["job"], "translation/es/subtitles", 3)
    return ids


def stages(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("stage", "language", "state", "done", "failed", "total", "percent")
    return [tuple(one[name] for name in names) for one in job["stages"]]


async def test_a_job_is_told_by_stage_and_language(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await running(http, db)
    job = (await http.get(f"/api/jobs/{ids['job']}")).json()
    assert stages(job) == [
        ("transcribing", None, "running", 1, 0, 2, 75.0),
        ("generating_docs", None, "waiting_quota", 1, 0, 3, 33.3),
        ("translating", "es", "running", 0, 1, None, 0.0),
        ("translating", "ca", "waiting", 0, 0, None, 0.0),
    ]
    assert [one["until"] for one in job["stages"]] == [None, MORNING, None, None]
    assert {one["unit"]: one["until"] for one in job["steps"] if one["until"]} == {
        "article/1": MORNING
    }
    # Half in a minute: the other half in another one.
    told = await db.fetchval(
        "select updated_at + (updated_at - started_at) from processing_jobs where id = $1",
        ids["job"],
    )
    assert job["eta"][:19] == told.isoformat()[:19]
    for unit, state in (("window/1", 4), ("article/1", 4), ("article/2", 4)):
        await step(db, ids["job"], unit, state, percent=100)
    await step(db, ids["job"], "translation/ca/subtitles", 4)
    await db.execute("update processing_jobs set status = 'cancelled'")
    job = (await http.get(f"/api/jobs/{ids['job']}")).json()
    assert stages(job) == [
        ("transcribing", None, "done", 2, 0, 2, 100.0),
        ("generating_docs", None, "done", 3, 0, 3, 100.0),
        ("translating", "es", "failed", 0, 1, 4, 25.0),
        ("translating", "ca", "stopped", 1, 0, 4, 25.0),
    ]
    assert job["eta"] is None
    assert {one["until"] for one in job["stages"]} == {None}


async def test_waiting_grows_while_nothing_moves(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await running(http, db)
    job, project = f"/api/jobs/{ids['job']}", f"/api/projects/{ids['project']}/activity"
    batch = f"/api/jobs/batch?ids={ids['job']}"
    told = []
    await db.execute("alter table processing_jobs disable trigger touch_updated_at")
    for quiet in (0, 60, 120, 3600):
        await db.execute(
            "update processing_jobs set updated_at = now() - make_interval(secs => $1)", quiet
        )
        await db.execute(
            "update job_steps set updated_at = now() - make_interval(secs => $1)", quiet
        )
        answers = [await http.get(path) for path in (job, project, batch)]
        assert len({answer.headers["retry-after"] for answer in answers}) == 1
        told.append(answers[0].headers["retry-after"])
    assert told == ["2", "6", "12", "30"]
    # A step that moved is a move of the job.
    await step(db, ids["job"], "window/1", 1, percent=60)
    await db.execute("update job_steps set updated_at = now() where unit = 'window/1'")
    assert (await http.get(job)).headers["retry-after"] == "2"
    await db.execute("update processing_jobs set status = 'failed'")
    for path in (job, project, batch):
        assert "retry-after" not in (await http.get(path)).headers


async def test_many_are_asked_for_at_once(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    ids = await running(http, db)
    other = await db.fetchval(
        "insert into processing_jobs (project_id, video_id) values ($1, $2) returning id",
        ids["project"],
        ids["video"],
    )
    nobodys = "00000000-0000-4000-8000-0000000000ff"
    url = f"/api/jobs/batch?ids={other},{nobodys},{ids['job']},{other}"
    first = await http.get(url)
    assert [job["id"] for job in first.json()["jobs"]] == [str(other), str(ids["job"])]
    assert "steps" not in first.json()["jobs"][0]
    same = await http.get(url, headers={"If-None-Match": f'W/"x", {first.headers["etag"]}'})
    assert (same.status_code, same.content) == (304, b"")
    await step(db, ids["job"], "window/1", 1, percent=51)
    assert (
        await http.get(url, headers={"If-None-Match": first.headers["etag"]})
    ).status_code == 200
    problem(await http.get("/api/jobs/batch?ids=" + "x" * 40), 422)
    problem(await http.get("/api/jobs/batch?ids=" + ",".join([nobodys] * 101)), 422)


async def test_a_projects_activity_is_what_runs_and_what_ended_last(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await running(http, db)
    for n in range(25):
        await db.execute(
            """insert into processing_jobs (project_id, video_id, status, created_at)
               values ($1, $2, 'completed', now() - make_interval(mins => $3))""",
            ids["project"],
            ids["video"],
            n,
        )
    url = f"/api/projects/{ids['project']}/activity"
    shown = await http.get(url)
    assert [job["id"] for job in shown.json()["active"]] == [str(ids["job"])]
    assert shown.json()["active"][0]["video_title"] == "V"
    assert len(shown.json()["recent"]) == 20
    again = await http.get(url, headers={"If-None-Match": shown.headers["etag"]})
    assert again.status_code == 304
    problem(await http.get(f"/api/projects/{ids['job']}/activity"), 404)


async def test_lists_are_read_page_by_page(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    ids = await own_rows(http, db)
    # Of one moment: only their ids tell them apart.
    await db.execute(
        """insert into processing_jobs (project_id, video_id, status, created_at)
           select $1, $2, case when n % 2 = 0 then 'failed' else 'completed' end, '2026-01-01'
           from generate_series(1, 10) n""",
        ids["project"],
        ids["video"],
    )

    async def pages(path: str) -> list[list[str]]:
        found, cursor = [], ""
        while True:
            page = (await http.get(f"{path}{cursor}")).json()
            found.append([one["id"] for one in page["items"]])
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"
            # What comes in between shifts nothing.
            await db.execute(
                "insert into processing_jobs (project_id, video_id) values ($1, $2)",
                ids["project"],
                ids["video"],
            )

    found = await pages("/api/jobs?limit=4")
    assert [len(page) for page in found] == [4, 4, 3]
    assert len({job for page in found for job in page}) == 11
    failed = await pages(f"/api/jobs?limit=3&status=failed&video_id={ids['video']}")
    assert [len(page) for page in failed] == [3, 2]
    both = await http.get("/api/jobs?status=failed&status=completed")
    assert len(both.json()["items"]) == 10
    problem(await http.get("/api/jobs?cursor=nonsense"), 422)
    problem(await http.get("/api/jobs?status=done"), 422)


async def test_the_timeline_is_what_happened_in_order(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    for n in range(5):
        await db.execute(
            """insert into job_events (id, job_id, kind, epoch, attempt, unit, occurred_at)
               values (gen_random_uuid(), $1, 'unit.started', 1, 1, $2,
                       now() - make_interval(secs => $3))""",
            ids["job"],
            f"window/{n}",
            n,
        )
    url = f"/api/jobs/{ids['job']}/timeline?limit=3"
    first = (await http.get(url)).json()
    second = (await http.get(f"{url}&cursor={first['next_cursor']}")).json()
    assert [one["unit"] for one in first["items"] + second["items"]] == [
        f"window/{n}" for n in (4, 3, 2, 1, 0)
    ]
    assert second["next_cursor"] is None


async def test_the_stream_tells_each_change_until_the_end(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await running(http, db)
    url = f"/api/jobs/{ids['job']}/stream"
    told: list[dict[str, Any]] = []
    names: list[str] = []
    async with asyncio.timeout(20), http.stream("GET", url) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                names.append(line.removeprefix("id: "))
            if line.startswith("data: "):
                told.append(orjson.loads(line.removeprefix("data: ")))
                if len(told) == 1:
                    await step(db, ids["job"], "window/1", 4, percent=100)
                elif len(told) == 2:
                    await db.execute("update processing_jobs set status = 'completed'")
    assert [job["status"] for job in told] == ["processing", "processing", "completed"]
    polled = await http.get(f"/api/jobs/{ids['job']}")
    assert (polled.json(), polled.headers["etag"]) == (told[-1], names[-1])
    again = await http.get(url, headers={"Last-Event-ID": names[-1]})
    assert "data:" not in again.text
    problem(await http.get(f"/api/jobs/{ids['video']}/stream"), 404)
