"""Uploads to the gateway by tus, on a real uvicorn and PostgreSQL."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from shared.storage import Folder
from tests.support.gateway import TUS, Start, create, eventually, patch, problem, uploaded

pytestmark = pytest.mark.integration


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
        state = await http.head(url, headers=TUS)
        assert state.headers["upload-offset"] == "1200000"
        assert state.headers["upload-length"] == "3000000"
        assert state.headers["tus-resumable"] == "1.0.0"
        assert state.headers["cache-control"] == "no-store"
        wrong = await patch(http, url, 5, b"x")
        assert problem(wrong, 409)["type"].endswith("upload-offset")
        assert wrong.headers["upload-offset"] == "1200000"
        last = await patch(http, url, 1_200_000, data[1_200_000:])
        assert last.headers["upload-offset"] == "3000000"
        assert (await http.head(url, headers=TUS)).headers["upload-offset"] == "3000000"
        shown = (await http.get(f"/api/videos/{video['id']}")).json()
    path = await db.fetchval("select storage_path from videos where id = $1", UUID(video["id"]))
    assert path == shown["storage_path"] == f"videos/{video['id']}/talk.mp4"
    assert (tmp_path / path).read_bytes() == data
    assert not list((tmp_path / ".uploads").iterdir())


def modes(folder: Path, pattern: str) -> dict[str, str]:
    return {one.name: oct(one.stat().st_mode)[-3:] for one in folder.glob(pattern)}


async def test_what_is_stored_is_the_groups_too(http: httpx.AsyncClient, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        video = await uploaded(http)
        await Folder(tmp_path).put("images/a/b.webp", b"x", "image/webp")
    finally:
        os.umask(before)
    assert modes(tmp_path, "*/*/*") == {"talk.mp4": "660", "poster.jpg": "660", "b.webp": "660"}
    assert modes(tmp_path, "videos/*") == {video: "770"}


async def test_an_upload_whole_but_not_noted_is_finished_by_asking_for_it(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    for place in (".uploads/{}", "videos/{}/talk.mp4"):
        video = await create(http, 3)
        left = tmp_path / place.format(video["id"])
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"abc")
        state = await http.head(video["upload_url"], headers=TUS)
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

    problem(await http.patch(url, content=unannounced(), headers=TUS | offset), 413)
    problem(await http.patch(url, content=b"abc", headers=TUS), 400)
    old = await http.patch(url, content=b"", headers=TUS | offset | {"Tus-Resumable": "0.2"})
    problem(old, 412)
    assert old.headers["tus-version"] == "1.0.0"
    unknown = await patch(http, f"/api/uploads/{uuid4()}", 0, b"abc")
    assert problem(unknown, 404)
    assert unknown.headers["tus-resumable"] == "1.0.0"
    assert (await http.head(url, headers=TUS)).headers["upload-offset"] == "0"
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

    headers = TUS | {"Upload-Offset": "0", "Content-Length": "6"}
    sending = asyncio.create_task(http.patch(url, content=slow(), headers=headers))
    await sent.wait()

    async def locked() -> bool:
        return (await patch(http, url, 1, b"d")).status_code == 423

    await eventually(locked)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    async def arrived() -> bool:
        return (await http.head(url, headers=TUS)).headers["upload-offset"] == "3"

    await eventually(arrived)
    assert (await patch(http, url, 3, b"def")).headers["upload-offset"] == "6"


async def test_videos_that_cannot_be_are_refused(start: Start) -> None:
    async with start(max_upload_bytes=10) as http:
        for body, status in (
            ({"filename": "a.mp4", "size_bytes": 0}, 422),
            ({"filename": "../a.mp4", "size_bytes": 1}, 422),
            ({"filename": "..", "size_bytes": 1}, 422),
            ({"filename": ".", "size_bytes": 1}, 422),
            ({"filename": "a" * 766, "size_bytes": 1}, 422),
            ({"filename": "a\u0000.mp4", "size_bytes": 1}, 422),
            ({"filename": "a.mp4", "size_bytes": 1, "title": "a\u0000"}, 422),
            ({"filename": "a.mp4"}, 422),
            ({"filename": "a.mp4", "size_bytes": 11}, 413),
            ({"filename": "a.mp4", "size_bytes": 1, "project_id": str(uuid4())}, 404),
        ):
            problem(await http.post("/api/videos", json=body), status)
        empty = await http.post("/api/videos", json={"filename": "a.mp4", "size_bytes": 0})
        assert "empty" in empty.json()["detail"]
