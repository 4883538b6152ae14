"""The gateway over HTTP, on a real uvicorn, PostgreSQL and RabbitMQ."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import httpx
import orjson
import pytest
import uvicorn

from services.gateway.app import build
from services.gateway.languages import standard, targets
from services.gateway.problems import ProblemError
from services.gateway.settings import Settings
from shared import topology
from shared.events import VideoProcess
from shared.routes import Service, decode, work_queue

pytestmark = pytest.mark.integration

_ROOT = Path(__file__).resolve().parent.parent
_NOWHERE = "amqp://guest:guest@127.0.0.1:1/"  # nothing listens on port 1
_TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
_PATIENCE = 20.0  # seconds

Start = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the signals are pytest's


@pytest.fixture
def start(dsn: str, tmp_path: Path) -> Start:
    """Serve a gateway for as long as the context lasts, by default without any broker."""

    @asynccontextmanager
    async def served(amqp_url: str = _NOWHERE, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
        settings = Settings(amqp_url=amqp_url, database_url=dsn, storage_dir=tmp_path, **more)
        config = uvicorn.Config(build(settings), port=0, log_config=None, access_log=False)
        server = _Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                yield client
        finally:
            server.should_exit = True
            await task

    return served


@pytest.fixture
async def http(start: Start) -> AsyncIterator[httpx.AsyncClient]:
    async with start() as client:
        yield client


async def eventually(ask: Callable[[], Any]) -> Any:
    """Return the first answer that is true."""
    deadline = time.monotonic() + _PATIENCE
    while not (answer := await ask()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
    return answer


async def create(http: httpx.AsyncClient, size: int) -> dict[str, Any]:
    answer = await http.post("/api/videos", json={"filename": "talk.mp4", "size_bytes": size})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def patch(http: httpx.AsyncClient, url: str, offset: int, data: bytes) -> httpx.Response:
    headers = _TUS | {"Upload-Offset": str(offset)}
    return await http.patch(url, content=data, headers=headers)


async def uploaded(http: httpx.AsyncClient) -> str:
    video = await create(http, 3)
    assert (await patch(http, video["upload_url"], 0, b"abc")).status_code == 204
    return str(video["id"])


async def process(http: httpx.AsyncClient, video: str, *languages: str, **more: Any) -> str:
    body = {"videoId": video, "languages": languages, **more}
    answer = await http.post("/api/videos/process", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/jobs/{answer.json()['jobId']}"
    assert answer.headers["retry-after"] == "2"
    return str(answer.json()["jobId"])


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:docreel:problem:")
    assert told["title"]
    assert told["detail"]
    return told


async def strangers_rows(db: asyncpg.Connection) -> dict[str, UUID]:
    ids = {name: uuid4() for name in ("org", "project", "video", "job", "chapter", "article")}
    await db.execute("insert into organizations (id, name) values ($1, 'Others')", ids["org"])
    await rows_of_project(db, ids)
    return ids


async def rows_of_project(db: asyncpg.Connection, ids: dict[str, UUID]) -> None:
    await db.execute(
        "insert into projects (id, org_id, name) values ($1, $2, 'P')", ids["project"], ids["org"]
    )
    await db.execute(
        """insert into videos (id, project_id, title, filename, size_bytes, vtt_content,
             vtt_languages, storage_path)
           values ($1, $2, 'V', 'v.mp4', 3, 'WEBVTT', '{"es": "WEBVTT es"}', 'x')""",
        ids["video"],
        ids["project"],
    )
    await db.execute(
        "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
        ids["job"],
        ids["project"],
        ids["video"],
    )
    await db.execute(
        """insert into chapters (id, project_id, video_id, slug, title) values
           ($1, $2, $3, 'intro', 'Intro')""",
        ids["chapter"],
        ids["project"],
        ids["video"],
    )
    image = {"type": "image", "attrs": {"src": f"/api/videos/{ids['video']}/images/a.png"}}
    await db.execute(
        """insert into articles (id, chapter_id, language, slug, title, content_json, content_text)
           values ($1, $2, 'en', 'intro', 'Intro', $3, '')""",
        ids["article"],
        ids["chapter"],
        orjson.dumps({"type": "doc", "content": [image]}).decode(),
    )
    await db.execute(
        """insert into video_segments (id, video_id, "order", start_time, end_time, engine)
           values (gen_random_uuid(), $1, 0, 0, 2, 'offline')""",
        ids["video"],
    )


async def own_rows(http: httpx.AsyncClient, db: asyncpg.Connection) -> dict[str, UUID]:
    (project,) = (await http.get("/api/projects")).json()
    ids = {name: uuid4() for name in ("project", "video", "job", "chapter", "article")}
    ids["org"] = UUID(project["org_id"])
    await rows_of_project(db, ids)
    return ids


async def test_an_upload_goes_on_where_it_stopped_after_a_restart(
    start: Start, db: asyncpg.Connection, tmp_path: Path
) -> None:
    data = os.urandom(3_000_000)
    async with start() as http:
        video = await create(http, len(data))
        url = video["upload_url"]
        assert url == f"/api/uploads/{video['id']}"
        first = await patch(http, url, 0, data[:1_200_000])
        assert first.status_code == 204
        assert first.headers["upload-offset"] == "1200000"
    async with start() as http:
        state = await http.head(url, headers=_TUS)
        assert state.headers["upload-offset"] == "1200000"
        assert state.headers["upload-length"] == "3000000"
        assert state.headers["tus-resumable"] == "1.0.0"
        assert state.headers["cache-control"] == "no-store"
        wrong = await patch(http, url, 5, b"x")
        assert problem(wrong, 409)["type"].endswith("upload-offset")
        assert wrong.headers["upload-offset"] == "1200000"
        last = await patch(http, url, 1_200_000, data[1_200_000:])
        assert last.headers["upload-offset"] == "3000000"
        assert (await http.head(url, headers=_TUS)).headers["upload-offset"] == "3000000"
        shown = (await http.get(f"/api/videos/{video['id']}")).json()
    path = await db.fetchval("select storage_path from videos where id = $1", UUID(video["id"]))
    assert path == shown["storage_path"] == f"videos/{video['id']}/talk.mp4"
    assert (tmp_path / path).read_bytes() == data
    assert not list((tmp_path / ".uploads").iterdir())


async def test_an_upload_whole_but_not_noted_is_finished_by_asking_for_it(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    for place in (".uploads/{}", "videos/{}/talk.mp4"):
        video = await create(http, 3)
        left = tmp_path / place.format(video["id"])
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"abc")
        state = await http.head(video["upload_url"], headers=_TUS)
        assert state.headers["upload-offset"] == "3"
        path = await db.fetchval("select storage_path from videos where id = $1", UUID(video["id"]))
        assert (tmp_path / path).read_bytes() == b"abc"


async def test_uploads_refuse_what_tus_refuses(http: httpx.AsyncClient) -> None:
    video = await create(http, 3)
    url = video["upload_url"]
    offset = {"Upload-Offset": "0"}
    plain = await http.patch(url, content=b"abc", headers={"Tus-Resumable": "1.0.0", **offset})
    problem(plain, 415)
    assert problem(await patch(http, url, 0, b"abcd"), 413)["detail"]

    async def unannounced() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    problem(await http.patch(url, content=unannounced(), headers=_TUS | offset), 413)
    problem(await http.patch(url, content=b"abc", headers=_TUS), 400)
    old = await http.patch(url, content=b"", headers=_TUS | offset | {"Tus-Resumable": "0.2"})
    problem(old, 412)
    assert old.headers["tus-version"] == "1.0.0"
    unknown = await patch(http, f"/api/uploads/{uuid4()}", 0, b"abc")
    assert problem(unknown, 404)
    assert unknown.headers["tus-resumable"] == "1.0.0"
    assert (await http.head(url, headers=_TUS)).headers["upload-offset"] == "0"
    spoken = await http.options(url)
    assert spoken.status_code == 204
    assert spoken.headers["tus-version"] == "1.0.0"
    assert int(spoken.headers["tus-max-size"]) > 0


async def test_a_second_sender_is_locked_out_and_a_lost_one_leaves_what_arrived(
    http: httpx.AsyncClient,
) -> None:
    video = await create(http, 6)
    url = video["upload_url"]
    sent, free = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"abc"
        sent.set()
        await free.wait()

    headers = _TUS | {"Upload-Offset": "0", "Content-Length": "6"}
    sending = asyncio.create_task(http.patch(url, content=slow(), headers=headers))
    await sent.wait()

    async def locked() -> bool:
        return (await patch(http, url, 1, b"d")).status_code == 423

    await eventually(locked)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    async def arrived() -> bool:
        return (await http.head(url, headers=_TUS)).headers["upload-offset"] == "3"

    await eventually(arrived)
    assert (await patch(http, url, 3, b"def")).headers["upload-offset"] == "6"


async def test_videos_that_cannot_be_are_refused(start: Start) -> None:
    async with start(max_upload_bytes=10) as http:
        for body, status in (
            ({"filename": "a.mp4", "size_bytes": 0}, 422),
            ({"filename": "../a.mp4", "size_bytes": 1}, 422),
            ({"filename": "..", "size_bytes": 1}, 422),
            ({"filename": "a\\b.mp4", "size_bytes": 1}, 422),
            ({"filename": "a\u0000.mp4", "size_bytes": 1}, 422),
            ({"filename": "a.mp4", "size_bytes": 1, "title": "a\u0000"}, 422),
            ({"filename": "a.mp4"}, 422),
            ({"filename": "a.mp4", "size_bytes": 11}, 413),
            ({"filename": "a.mp4", "size_bytes": 1, "project_id": str(uuid4())}, 404),
        ):
            problem(await http.post("/api/videos", json=body), status)
        empty = await http.post("/api/videos", json={"filename": "a.mp4", "size_bytes": 0})
        assert "empty" in empty.json()["detail"]


async def test_a_job_reaches_the_transcriber(
    start: Start, db: asyncpg.Connection, amqp_url: str
) -> None:
    await topology.declare(amqp_url)
    async with start(amqp_url) as http:
        await eventually(lambda: _broker(http, "connected"))
        video = await uploaded(http)
        job = await process(http, video, "ES", "pt_br", "es", "en")
        connection = await aio_pika.connect(amqp_url)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue(work_queue(Service.TRANSCRIBER))
            message = await eventually(lambda: queue.get(fail=False, no_ack=True))
        event = decode(message.type, message.body)
        assert isinstance(event, VideoProcess)
        assert (str(event.job_id), str(event.video_id), event.epoch) == (job, video, 1)
        assert event.languages == ("es", "pt-BR")
        await eventually(
            lambda: db.fetchval("select published_at from outbox where id = $1", event.id)
        )
    row = await db.fetchrow("select * from processing_jobs where id = $1", UUID(job))
    assert row is not None
    assert (row["status"], row["languages"]) == ("pending", ["es", "pt-BR"])


async def _broker(http: httpx.AsyncClient, state: str) -> bool:
    return bool((await http.get("/readyz")).json()["broker"] == state)


async def test_jobs_are_accepted_while_the_broker_is_down(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ready = await http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["failures"] == {}
    assert ready.json()["broker"] != "connected"
    video = await uploaded(http)
    job = await process(http, video, "es")
    row = await db.fetchrow("select * from outbox where job_id = $1", UUID(job))
    assert row is not None
    assert (row["kind"], row["service"], row["published_at"]) == ("video.process", "gateway", None)
    assert await process(http, video, "es") == job
    assert await process(http, video, "es", force=True) != job


async def test_two_wishes_at_once_make_one_job(http: httpx.AsyncClient) -> None:
    video = await uploaded(http)
    assert len(set(await asyncio.gather(*(process(http, video) for _ in range(8))))) == 1


async def test_wishes_that_cannot_be_met_are_refused(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    async def wish(video: str, *languages: str) -> httpx.Response:
        body = {"videoId": video, "languages": languages}
        return await http.post("/api/videos/process", json=body)

    video = await uploaded(http)
    problem(await wish(str(uuid4())), 404)
    problem(await wish("no-id"), 422)
    assert "klingon" in problem(await wish(video, "klingon"), 422)["title"]
    await db.execute("insert into engines values ('translator', 'offline', '{es,fr}')")
    told = problem(await wish(video, "de"), 422)
    assert told["type"].endswith("language-unsupported")
    assert "es, fr" in told["detail"]
    assert (await http.get("/api/engine")).json() == {
        "engine": "offline",
        "languages": ["es", "fr"],
    }
    early = problem(await wish((await create(http, 3))["id"]), 409)
    assert "/api/uploads/" in early["detail"]
    assert await db.fetchval("select count(*) from processing_jobs") == 0


async def test_cancel_and_retry(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    job = await process(http, await uploaded(http), "es")
    problem(await http.post(f"/api/jobs/{job}/retry"), 409)
    for _ in range(2):
        cancelled = await http.post(f"/api/jobs/{job}/cancel")
        assert cancelled.status_code == 202
        assert cancelled.json()["cancel_requested_at"]
    kinds = await db.fetch("select kind from outbox order by created_at")
    assert [row["kind"] for row in kinds] == ["video.process", "job.cancel"]
    await db.execute(
        """update processing_jobs set status = 'completed', progress = 1, issues = '["a hole"]',
             completed_at = now(), step = 'complete', error_message = 'x'"""
    )
    problem(await http.post(f"/api/jobs/{job}/cancel"), 409)
    again = await http.post(f"/api/jobs/{job}/retry")
    assert again.status_code == 202
    assert again.json() == {"jobId": job}
    shown = (await http.get(f"/api/jobs/{job}")).json()
    assert (shown["epoch"], shown["status"], shown["step"]) == (2, "pending", "uploading")
    assert (shown["progress"], shown["issues"], shown["languages"]) == (0, [], ["es"])
    assert shown["cancel_requested_at"] is shown["completed_at"] is shown["error_message"] is None
    body = await db.fetchval("select body from outbox order by created_at desc limit 1")
    assert orjson.loads(body)["epoch"] == 2
    assert orjson.loads(body)["languages"] == ["es"]


async def test_polling_is_cheap_where_nothing_changed(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    job = await process(http, await uploaded(http), "es")
    for unit, state, expected in (
        ("window/10", 0, None),
        ("window/9", 2, None),
        ("job", 1, None),
        ("cancel", 4, None),
        ("transcription", 1, 11),
    ):
        detail: dict[str, Any] = {"expected": expected, "languages": [], "reason": ""}
        await db.execute(
            """insert into job_steps (job_id, epoch, unit, state, detail)
               values ($1, 1, $2, $3, $4)""",
            UUID(job),
            unit,
            state,
            orjson.dumps(detail).decode(),
        )
    first = await http.get(f"/api/jobs/{job}")
    assert first.json()["video_title"] == "talk"
    assert first.headers["retry-after"] == "2"
    steps = [(one["unit"], one["state"], one["expected"]) for one in first.json()["steps"]]
    assert steps == [
        ("job", "running", None),
        ("transcription", "running", 11),
        ("window/9", "waiting_quota", None),
        ("window/10", "waiting", None),
    ]
    known = {"If-None-Match": first.headers["etag"]}
    same = await http.get(f"/api/jobs/{job}", headers=known)
    assert (same.status_code, same.content) == (304, b"")
    await db.execute("update processing_jobs set progress = 0.3, status = 'processing'")
    changed = await http.get(f"/api/jobs/{job}", headers=known)
    assert changed.json()["progress"] == 0.3
    (listed,) = (await http.get("/api/jobs", params={"limit": 1})).json()
    assert (listed["id"], listed["video_title"]) == (job, "talk")


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
    assert (await http.get(article)).json() == shown
    markdown = await http.get(f"{article}.md")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# ")
    assert f"({video}/images/a.png)" in markdown.text
    picture = tmp_path / "images" / str(ids["video"]) / "a.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"png")
    image = await http.get(f"{video}/images/a.png")
    assert (image.content, image.headers["content-type"]) == (b"png", "image/png")
    for name in ("b.png", "%2e%2e", "a%00b", "..%2f..%2fx"):
        problem(await http.get(f"{video}/images/{name}"), 404)


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
        assert (await http.get(path)).json() == []
    assert len((await http.get("/api/projects")).json()) == 1


async def test_a_viewer_only_reads(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    video = await uploaded(http)
    fresh = await create(http, 3)
    job = await process(http, video)
    await db.execute("update org_members set role = 'viewer'")
    await db.execute("update processing_jobs set status = 'failed'")
    (project,) = (await http.get("/api/projects")).json()
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


async def test_health_metrics_and_openapi(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).text == "ok"
    assert "docreel_outbox_relayed_total" in (await http.get("/metrics")).text
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


@contextmanager
def gateway_process(amqp_url: str, dsn: str, storage: Path) -> Iterator[tuple[str, Any]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "AMQP_URL": amqp_url,
        "DATABASE_URL": dsn,
        "STORAGE_DIR": str(storage),
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "services.gateway"]
    with subprocess.Popen(command, cwd=_ROOT, env=environment) as running:  # noqa: S603 - ours
        try:
            yield f"http://127.0.0.1:{port}", running
        finally:
            running.kill()


async def _alive(address: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=address) as http:
            return (await http.get("/livez")).status_code == 200
    except httpx.ConnectError:
        return False


async def test_a_killed_gateways_event_is_published_by_the_next_one(
    dsn: str, db: asyncpg.Connection, amqp_url: str, tmp_path: Path
) -> None:
    # The first one cannot reach a broker: it dies for certain before it has published.
    with gateway_process(_NOWHERE, dsn, tmp_path) as (address, running):
        await eventually(lambda: _alive(address))
        async with httpx.AsyncClient(base_url=address) as http:
            job = await process(http, await uploaded(http), "es")
        running.send_signal(signal.SIGKILL)
        await asyncio.to_thread(running.wait, _PATIENCE)
    unpublished = "select count(*) from outbox where job_id = $1 and published_at is null"
    assert await db.fetchval(unpublished, UUID(job)) == 1
    await topology.declare(amqp_url)
    with gateway_process(amqp_url, dsn, tmp_path) as (address, running):
        await eventually(lambda: _alive(address))

        async def published() -> bool:
            return bool(await db.fetchval(unpublished, UUID(job)) == 0)

        await eventually(published)
        running.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.wait, _PATIENCE)
        assert running.returncode in (0, -signal.SIGTERM)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        queue = await (await connection.channel()).get_queue(work_queue(Service.TRANSCRIBER))
        message = await queue.get(no_ack=True)
    assert message is not None
    assert message.correlation_id == job


def test_languages_are_standard_each_once_and_without_the_source() -> None:
    assert standard("ES_mx") == "es-MX"
    assert standard("") is None
    assert targets(["fr", "FR", "en", "zh_hans"], "en", None) == ["fr", "zh-Hans"]
    with pytest.raises(ProblemError, match="'de'"):
        targets(["es", "de"], "en", ["es"])
