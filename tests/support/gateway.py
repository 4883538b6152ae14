"""A gateway to talk to: served in this loop, with the requests that tests make again and again."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import av
import httpx
import numpy as np
import orjson
import uvicorn

from services.gateway.app import build
from services.gateway.settings import Settings
from shared.postgres.statements import Executor

NOWHERE = "amqp://guest:guest@127.0.0.1:1/"  # nothing listens on port 1
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
PATIENCE = 20.0  # seconds

Start = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the signals are pytest's


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a gateway for as long as the context lasts."""
    server = _Server(uvicorn.Config(build(settings), port=0, log_config=None, access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        await task


async def eventually(ask: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return the first answer that is true, within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (answer := await ask()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
    return answer


async def waits(db: Executor) -> bool:
    """Tell whether somebody in this database waits for another's lock."""
    return bool(
        await db.fetchval(
            """select count(*) from pg_stat_activity
               where datname = current_database() and wait_event_type = 'Lock'"""
        )
    )


@cache
def film() -> bytes:
    """Half a second of grey, in a file of some kilobytes."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(5):
            picture = np.full((48, 64, 3), 40 * n, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return file.getvalue()


async def health(port: int) -> dict[str, Any]:
    """Return what the gateway tells those who run it, on its HEALTH_PORT."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operator:
        told: dict[str, Any] = (await operator.get("/readyz")).json()
        return told


async def create(http: httpx.AsyncClient, size: int) -> dict[str, Any]:
    answer = await http.post("/api/videos", json={"filename": "talk.mp4", "size_bytes": size})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def patch(http: httpx.AsyncClient, url: str, offset: int, data: bytes) -> httpx.Response:
    headers = TUS | {"Upload-Offset": str(offset)}
    return await http.patch(url, content=data, headers=headers)


async def uploaded(http: httpx.AsyncClient, data: bytes | None = None) -> str:
    data = film() if data is None else data
    video = await create(http, len(data))
    assert (await patch(http, video["upload_url"], 0, data)).status_code == 204
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
    (project,) = (await http.get("/api/projects")).json()["items"]
    ids = {name: uuid4() for name in ("project", "video", "job", "chapter", "article")}
    ids["org"] = UUID(project["org_id"])
    await rows_of_project(db, ids)
    return ids
