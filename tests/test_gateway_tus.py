"""Uploads by a real tus client, to the gateway and to Supabase Storage, over a gateway's death."""

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader.uploader import Uploader

from shared import topology
from simulators.supabase import server as supabase
from simulators.supabase.server import CHUNK, SECRET, SupabaseDouble
from tests.support.gateway import NOWHERE, Start, create, eventually, film, problem
from tests.support.processes import gateway_process
from tests.support.services import ROOT, Services

pytestmark = pytest.mark.integration


def uploader(address: str, upload: dict[str, Any], data: bytes) -> Uploader:
    """A client that goes on with an upload which the gateway made."""
    client = TusClient(address)
    made = client.uploader(
        file_stream=io.BytesIO(data),
        chunk_size=upload["chunk_bytes"],
        url=f"{address}{upload['upload_url']}",
        retries=0,
    )
    assert isinstance(made, Uploader)
    return made


async def alive(address: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=address) as http:
            return (await http.get("/livez")).status_code == 200
    except httpx.ConnectError:
        return False


async def test_an_upload_goes_on_after_the_gateway_was_killed(dsn: str, tmp_path: Path) -> None:
    data = film() + os.urandom(3 * CHUNK)
    with gateway_process(NOWHERE, dsn, tmp_path) as (address, running):
        await eventually(lambda: alive(address))
        async with httpx.AsyncClient(base_url=address) as http:
            video = await create(http, len(data))
            client = uploader(address, video["upload"], data)
            await asyncio.to_thread(client.upload_chunk)
            assert client.offset == CHUNK
            # In the middle of the second chunk, some of which has arrived.
            half = asyncio.create_task(_half_a_chunk(address, video["upload_url"], data))
            partial = tmp_path / ".uploads" / video["id"]

            async def more() -> bool:
                return bool(partial.stat().st_size > CHUNK)

            await eventually(more)
            running.send_signal(signal.SIGKILL)
            half.cancel()
            await asyncio.gather(half, return_exceptions=True)
            await asyncio.to_thread(running.wait, 10)
    with gateway_process(NOWHERE, dsn, tmp_path) as (address, _):
        await eventually(lambda: alive(address))
        # As a page that was loaded again: all it knows is the upload's address.
        client = uploader(address, video["upload"], data)
        assert client.offset > CHUNK
        await asyncio.to_thread(client.upload)
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            stored = (await http.get(f"/api/videos/{video['id']}")).json()["storage_path"]
            assert (tmp_path / stored).read_bytes() == data
            accepted = await http.post("/api/videos/process", json={"videoId": video["id"]})
            assert accepted.status_code == 202


async def _half_a_chunk(address: str, url: str, data: bytes) -> None:
    async def some() -> AsyncIterator[bytes]:
        yield data[CHUNK : CHUNK + CHUNK // 2]
        await asyncio.sleep(30)

    headers = {
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(CHUNK),
        "Content-Length": str(CHUNK),
    }
    async with httpx.AsyncClient(base_url=address) as http:
        await http.patch(url, content=some(), headers=headers)


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with supabase.serving() as double:
        yield double


async def owner(db: asyncpg.Connection) -> UUID:
    """Somebody who has logged in, with an organization of their own."""
    user = uuid4()
    org = await db.fetchval("insert into organizations (name) values ('A') returning id")
    await db.execute(
        "insert into org_members (org_id, user_id, role) values ($1, $2, 'owner')", org, user
    )
    return user


async def test_on_supabase_a_video_goes_straight_to_storage(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    user = await owner(db)
    data = film() + os.urandom(CHUNK)
    async with start(
        supabase_url=project.url, supabase_secret_key=SECRET, storage_dir=None
    ) as http:
        http.headers["Authorization"] = f"Bearer {project.token(user)}"
        assert (await http.post("/api/projects", json={"name": "P"})).status_code == 201
        created = await http.post(
            "/api/videos", json={"filename": "Übung 1.mp4", "size_bytes": len(data)}
        )
        video, upload = created.json(), created.json()["upload"]
        assert (video["upload_url"], upload["upload_url"]) == (None, None)
        early = await http.post("/api/videos/process", json={"videoId": video["id"]})
        assert problem(early, 409)["type"].endswith("video-not-uploaded")
        client = TusClient(upload["create_url"], headers=upload["headers"])
        sending = client.uploader(
            file_stream=io.BytesIO(data),
            chunk_size=upload["chunk_bytes"],
            metadata=upload["metadata"],
        )
        await asyncio.to_thread(sending.upload)
        # The name is one that Storage takes.
        path = f"videos/{video['id']}/_bung_1.mp4"
        assert project.objects[f"docreel/{path}"] == data
        accepted = await http.post("/api/videos/process", json={"videoId": video["id"]})
        assert accepted.status_code == 202, accepted.text
        shown = (await http.get(f"/api/videos/{video['id']}")).json()
        assert (shown["storage_path"], shown["duration"]) == (path, 0.5)
        over = await http.post(f"/api/videos/{video['id']}/upload")
        assert problem(over, 409)["type"].endswith("video-uploaded")


async def test_a_ticket_is_for_its_own_video_alone(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    user = await owner(db)
    async with start(
        supabase_url=project.url, supabase_secret_key=SECRET, storage_dir=None
    ) as http:
        http.headers["Authorization"] = f"Bearer {project.token(user)}"
        await http.post("/api/projects", json={"name": "P"})
        body = {"filename": "a.mp4", "size_bytes": 3}
        first = (await http.post("/api/videos", json=body)).json()
        second = (await http.post("/api/videos", json=body)).json()
        renewed = (await http.post(f"/api/videos/{first['id']}/upload")).json()
        assert renewed["metadata"] == first["upload"]["metadata"]
    client = TusClient(first["upload"]["create_url"], headers=first["upload"]["headers"])
    stolen = client.uploader(
        file_stream=io.BytesIO(b"abc"), metadata=second["upload"]["metadata"], retries=0
    )
    with pytest.raises(TusCommunicationError):
        await asyncio.to_thread(stolen.upload)


async def test_a_video_in_storage_becomes_documents_and_pictures_there(
    start: Start,
    project: SupabaseDouble,
    db: asyncpg.Connection,
    dsn: str,
    amqp_url: str,
) -> None:
    await topology.declare(amqp_url)
    user = await owner(db)
    workers = Services(
        {
            "AMQP_URL": amqp_url,
            "DATABASE_URL": dsn,
            "STORAGE_DIR": "",
            "SUPABASE_URL": project.url,
            "SUPABASE_SECRET_KEY": SECRET,
        }
    )
    sample = ROOT / "samples" / "sample.mp4"
    async with start(
        amqp_url, supabase_url=project.url, supabase_secret_key=SECRET, storage_dir=None
    ) as http:
        http.headers["Authorization"] = f"Bearer {project.token(user)}"
        await http.post("/api/projects", json={"name": "P"})
        body = {"filename": "talk.mp4", "size_bytes": sample.stat().st_size}
        created = (await http.post("/api/videos", json=body)).json()
        upload = created["upload"]
        sending = TusClient(upload["create_url"], headers=upload["headers"]).uploader(
            file_stream=io.BytesIO(sample.read_bytes()),
            chunk_size=upload["chunk_bytes"],
            metadata=upload["metadata"],
        )
        await asyncio.to_thread(sending.upload)
        wish = {"videoId": created["id"]}
        job = (await http.post("/api/videos/process", json=wish)).json()["jobId"]
        await workers.start()
        try:

            async def ended() -> Any:
                found = (await http.get(f"/api/jobs/{job}")).json()
                return found if found["status"] not in {"pending", "processing"} else None

            found = await eventually(ended, patience=120)
        finally:
            await workers.stop()
        assert (found["status"], found["issues"]) == ("completed", [])
        written = (await http.get(f"/api/videos/{created['id']}/articles")).json()
        assert len(written) >= 3
        pictures = [name for name in project.objects if name.startswith("docreel/images/")]
        assert pictures
        name = pictures[0].rpartition("/")[2]
        image = await http.get(f"/api/videos/{created['id']}/images/{name}")
        assert image.content == project.objects[pictures[0]]
        archive = await http.get(f"/api/videos/{created['id']}/export.zip")
        assert len(archive.content) > sum(len(project.objects[one]) for one in pictures) / 2
