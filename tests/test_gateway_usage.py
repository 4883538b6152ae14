"""What was spent, and what a job will cost, over HTTP."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.gateway import own_rows, problem, strangers_rows

pytestmark = pytest.mark.integration


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
