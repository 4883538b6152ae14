"""What was spent, and what a job will cost, over HTTP."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.gateway import own_rows, problem, rows_of_project, strangers_rows

pytestmark = pytest.mark.integration


async def call(  # noqa: PLR0913 - a call has these
    db: asyncpg.Connection,
    job: object,
    tokens: int,
    *,
    model: str = "gemini-3.8-flash",
    epoch: int = 1,
    days_ago: int = 0,
) -> None:
    await db.execute(
        """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
             output_tokens, cached_tokens, stored_at)
           values ($1, $2, $3, 'outline', 'docgen', $4, $5, 100, 10,
             now() - make_interval(days => $6))""",
        uuid4(),
        job,
        epoch,
        model,
        tokens,
        days_ago,
    )


async def price(db: asyncpg.Connection, model: str) -> None:
    """Five dollars a million tokens, cached ones half; until lately, the double."""
    await db.execute(
        """insert into ai_prices values ($1, '2020-01-01', 10, 5, 10),
           ($1, now() - interval '36 hours', 5, 2.5, 5)""",
        model,
    )


async def test_a_job_tells_its_cost_wherever_it_is_shown(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    await price(db, "m")

    async def costs() -> set[float | None]:
        lists = [
            [(await http.get(f"/api/jobs/{ids['job']}")).json()],
            (await http.get(f"/api/jobs/batch?ids={ids['job']}")).json()["jobs"],
            (await http.get("/api/jobs")).json()["items"],
            (await http.get(f"/api/projects/{ids['project']}/activity")).json()["active"],
        ]
        assert all(len(found) == 1 for found in lists)
        return {found[0]["cost"] for found in lists}

    # Nothing was called, or what was called costs nothing: no cost, which is not a cost of nothing.
    assert await costs() == {None}
    await call(db, ids["job"], 1000, model="offline")
    assert await costs() == {None}
    first = await http.get(f"/api/jobs/batch?ids={ids['job']}")
    await call(db, ids["job"], 1010, model="m")
    once = (1000 * 5 + 10 * 2.5 + 100 * 5) / 1e6
    assert await costs() == {once}
    # The entity tag follows it, and is the same for the same.
    tag = {"If-None-Match": first.headers["etag"]}
    second = await http.get(f"/api/jobs/batch?ids={ids['job']}", headers=tag)
    assert second.status_code == 200
    tag = {"If-None-Match": second.headers["etag"]}
    third = await http.get(f"/api/jobs/batch?ids={ids['job']}", headers=tag)
    assert third.status_code == 304
    # Each call at the price of its time, in all epochs.
    await call(db, ids["job"], 1010, model="m", epoch=2, days_ago=2)
    assert await costs() == {round(3 * once, 6)}
    await call(db, ids["job"], 1, model="unheard-of")
    assert await costs() == {None}


async def test_another_organizations_cost_is_not_told(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    await http.get("/api/projects")
    stranger = await strangers_rows(db)
    await call(db, stranger["job"], 1000)
    await db.execute(
        "select set_config('request.jwt.claims', $1, false)",
        f'{{"sub": "{uuid4()}", "role": "authenticated"}}',
    )
    await db.execute("set role authenticated")
    assert await db.fetchval("select job_cost($1)", stranger["job"]) is None
    await db.execute("reset role")


async def test_operators_see_what_was_spent_by_day(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    other = {name: uuid4() for name in ids} | {"org": ids["org"]}
    await rows_of_project(db, other)
    await price(db, "m")
    await call(db, ids["job"], 1010, model="m")
    await call(db, other["job"], 1010, model="m", days_ago=2)
    await call(db, other["job"], 1010, model="m", days_ago=40)
    # What was spent stays spent.
    await db.execute("delete from processing_jobs where id = $1", other["job"])
    answer = await http.get("/api/operations/costs", params={"days": 3})
    days = answer.json()["days"]
    once = (1000 * 5 + 10 * 2.5 + 100 * 5) / 1e6
    assert [(one["calls"], one["cost"]) for one in days] == [
        (1, pytest.approx(2 * once)),
        (0, None),
        (1, pytest.approx(once)),
    ]
    assert days[-1]["day"] == str(await db.fetchval("select (now() at time zone 'utc')::date"))
    tag = {"If-None-Match": answer.headers["etag"]}
    again = await http.get("/api/operations/costs", params={"days": 3}, headers=tag)
    assert again.status_code == 304
    problem(await http.get("/api/operations/costs", params={"days": 0}), 422)


async def test_what_was_spent_is_shown_by_unit_job_and_project(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    stranger = await strangers_rows(db)
    for number, (job, unit) in enumerate(
        (
            (ids["job"], "window/0"),
            (ids["job"], "window/0"),
            (ids["job"], "outline"),
            (stranger["job"], "outline"),
        )
    ):
        await db.execute(
            """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
                 output_tokens) values ($1, $2, 1, $3, 'docgen', 'gemini-3.8-flash', $4, 100)""",
            uuid4(),
            job,
            unit,
            1000 * (number + 1),
        )
    told = (await http.get(f"/api/jobs/{ids['job']}/usage")).json()
    assert [(u["unit"], u["calls"], u["prompt_tokens"]) for u in told["units"]] == [
        ("outline", 1, 3000),
        ("window/0", 2, 3000),
    ]
    assert (told["total"]["calls"], told["total"]["output_tokens"]) == (3, 300)
    price = await db.fetchrow(
        """select prompt::float8, output::float8 from ai_prices
           where model = 'gemini-3.8-flash' and since <= now() order by since desc limit 1"""
    )
    assert price is not None
    assert told["total"]["cost"] == pytest.approx((6000 * price[0] + 300 * price[1]) / 1e6)
    assert (await http.get(f"/api/projects/{ids['project']}/usage")).json() == told["total"]
    assert (told["total"]["unanswered"], told["total"]["unanswered_tokens"]) == (0, 0)
    # One that was given up is told apart, and changes no sum.
    await db.execute(
        """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
             output_tokens, answered)
           values ($1, $2, 1, 'outline', 'docgen', 'gemini-3.8-flash', 700, 0, false)""",
        uuid4(),
        ids["job"],
    )
    given_up = (await http.get(f"/api/jobs/{ids['job']}/usage")).json()["total"]
    assert given_up == told["total"] | {"unanswered": 1, "unanswered_tokens": 700}
    assert (await http.get(f"/api/projects/{ids['project']}/usage")).json() == given_up
    problem(await http.get(f"/api/jobs/{stranger['job']}/usage"), 404)
    problem(await http.get(f"/api/projects/{stranger['project']}/usage"), 404)
    await db.execute("update ai_calls set model = 'unheard-of' where unit = 'outline'")
    assert (await http.get(f"/api/jobs/{ids['job']}/usage")).json()["total"]["cost"] is None


async def test_a_job_is_predicted_before_anything_is_spent(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    await db.execute("insert into engines (service, engine) values ('translator', 'apertium')")
    free = (await http.get("/api/estimate", params={"seconds": 600})).json()
    assert (free["calls"], free["cost"]) == (0, 0)
    await db.execute("update engines set engine = 'gemini-3.8-flash'")
    wish: dict[str, Any] = {"seconds": 600, "languages": ["es", "pt-br", "en"]}
    told = (await http.get("/api/estimate", params=wish)).json()
    assert told["languages"] == ["es", "pt-BR"]
    assert told["prompt_tokens"] == sum(part["prompt_tokens"] for part in told["parts"]) > 180_000
    assert 0.1 < told["cost"] < 2
    problem(await http.get("/api/estimate", params={"seconds": 600, "languages": "x!"}), 422)
    problem(await http.get("/api/estimate", params={"seconds": -1}), 422)
    assert await db.fetchval("select count(*) from processing_jobs") == 0
