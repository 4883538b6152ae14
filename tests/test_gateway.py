"""The gateway over HTTP, on a real uvicorn and PostgreSQL."""

import json
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.gateway import openapi
from services.gateway.languages import standard, targets
from services.gateway.problems import ProblemError
from tests.support.gateway import (
    Start,
    create,
    own_rows,
    patch,
    problem,
    process,
    strangers_rows,
    uploaded,
)

pytestmark = pytest.mark.integration


async def test_results_are_shown(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    ids = await own_rows(http, db)
    video, article = f"/api/videos/{ids['video']}", f"/api/articles/{ids['article']}"
    (segment,) = (await http.get(f"{video}/segments")).json()
    assert (segment["order"], segment["end_time"], segment["confidence"]) == (0, 2.0, None)
    subtitles = (await http.get(f"{video}/subtitles")).json()
    assert subtitles == {"source": "en", "languages": ["en", "es"]}
    spanish = await http.get(f"{video}/subtitles/es.vtt")
    assert (spanish.text, spanish.headers["content-type"]) == (
        "WEBVTT es",
        "text/vtt; charset=utf-8",
    )
    problem(await http.get(f"{video}/subtitles/fr.vtt"), 404)
    (shown,) = (await http.get(f"{video}/articles", params={"language": "en"})).json()
    assert (shown["chapter_slug"], shown["chapter_order"]) == ("intro", 0)
    assert (await http.get(f"{video}/articles", params={"language": "fr"})).json() == []
    assert shown.pop("behind") == 0
    assert (await http.get(article)).json() == shown
    markdown = await http.get(f"{article}.md")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# ")
    assert f"({http.base_url.join(video)}/images/a.png)" in markdown.text
    # Through a proxy, as a reader sees it.
    told = {"Host": "docs.example", "X-Forwarded-Proto": "https"}
    markdown = await http.get(f"{article}.md", headers=told)
    assert f"(https://docs.example{video}/images/a.png)" in markdown.text
    picture = tmp_path / "images" / str(ids["video"]) / "a.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"png")
    image = await http.get(f"{video}/images/a.png")
    assert (image.content, image.headers["content-type"]) == (b"png", "image/png")
    for name in ("b.png", "%2e%2e", "a%00b", "..%2f..%2fx"):
        problem(await http.get(f"{video}/images/{name}"), 404)


async def test_another_organizations_rows_are_invisible(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await strangers_rows(db)
    video, job = f"/api/videos/{ids['video']}", f"/api/jobs/{ids['job']}"
    for path in (
        video,
        f"{video}/segments",
        f"{video}/subtitles",
        f"{video}/subtitles/en.vtt",
        f"{video}/articles",
        f"{video}/images/a.png",
        job,
        f"/api/articles/{ids['article']}",
        f"/api/articles/{ids['article']}.md",
        f"/api/videos?project_id={ids['project']}",
        f"/api/jobs?project_id={ids['project']}",
    ):
        problem(await http.get(path), 404)
    for path in (f"{job}/cancel", f"{job}/retry"):
        problem(await http.post(path), 404)
    problem(await http.post("/api/videos/process", json={"videoId": str(ids["video"])}), 404)
    problem(await patch(http, f"/api/uploads/{ids['video']}", 0, b"abc"), 404)
    for path in ("/api/videos", "/api/jobs"):
        assert (await http.get(path)).json()["items"] == []
    assert len((await http.get("/api/projects")).json()["items"]) == 1


async def test_a_viewer_only_reads(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    video = await uploaded(http)
    fresh = await create(http, 3)
    job = await process(http, video)
    await db.execute("update org_members set role = 'viewer'")
    await db.execute("update processing_jobs set status = 'failed'")
    (project,) = (await http.get("/api/projects")).json()["items"]
    body = {"filename": "a.mp4", "size_bytes": 1, "project_id": project["id"]}
    for path, sent in (
        ("/api/videos", body),
        ("/api/videos/process", {"videoId": video}),
        ("/api/projects", {"name": "New"}),
        (f"/api/jobs/{job}/cancel", None),
        (f"/api/jobs/{job}/retry", None),
    ):
        problem(await http.post(path, json=sent), 403)
    problem(await patch(http, fresh["upload_url"], 0, b"abc"), 403)
    assert (await http.get(f"/api/jobs/{job}")).status_code == 200


async def test_every_refusal_is_a_problem_document(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    problem(await http.get("/api/nothing"), 404)
    problem(await http.get("/api/videos/no-id"), 404)
    assert problem(await http.delete("/api/projects"), 405)
    assert "GET" in (await http.delete("/api/projects")).headers["allow"]
    problem(await http.post("/api/projects", content=b"{"), 422)
    assert problem(await http.get("/api/jobs?limit=0"), 422)["errors"][0]["field"] == "limit"
    for kind in ("videos", "jobs", "articles"):
        problem(await http.get(f"/api/{kind}/{uuid4()}"), 404)
    for action in ("cancel", "retry"):
        problem(await http.post(f"/api/jobs/{uuid4()}/{action}"), 404)
    await db.execute("alter table projects rename column name to title")
    told = problem(await http.get("/api/projects"), 500)
    assert "Traceback" not in str(told)
    assert "column" not in str(told)


async def test_openapi(http: httpx.AsyncClient) -> None:
    described = (await http.get("/openapi.json")).json()
    for path in ("/api/videos/process", "/api/jobs/{job_id}", "/api/articles/{article_id}.md"):
        assert path in described["paths"]
    assert "HTTPValidationError" not in str(described["paths"])
    refused = described["paths"]["/api/videos/process"]["post"]["responses"]["409"]["content"]
    assert refused == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert described["components"]["schemas"]["Problem"]["example"]["status"] == 409


async def test_the_local_user_is_made_once(start: Start, db: asyncpg.Connection) -> None:
    for _ in range(2):
        async with start() as http, start():
            assert (await http.post("/api/projects", json={"name": "Two"})).status_code == 201
    assert await db.fetchval("select count(*) from organizations") == 1
    assert await db.fetchval("select count(*) from projects where name <> 'Two'") == 1


def test_languages_are_standard_each_once_and_without_the_source() -> None:
    assert standard("ES_mx") == "es-MX"
    assert standard("") is None
    assert targets(["fr", "FR", "en", "zh_hans"], "en", None) == ["fr", "zh-Hans"]
    with pytest.raises(ProblemError, match="'de'"):
        targets(["es", "de"], "en", ["es"])


def test_the_described_api_is_the_one_that_is_served() -> None:
    # Written by `make definitions`.
    assert openapi.FILE.read_text("utf-8") == openapi.described()
    paths = json.loads(openapi.described())["paths"].values()
    names = [one["operationId"] for known in paths for one in known.values()]
    assert len(names) == len(set(names))
    undescribed = [
        one["operationId"] for known in paths for one in known.values() if "description" not in one
    ]
    assert undescribed == []
