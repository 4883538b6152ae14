"""Supabase Storage behind the storage port: the real package against recorded answers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.errors import TransientError
from shared.storage import MissingObjectError
from shared.supabase_storage import SupabaseStorage
from simulators.supabase import server as supabase
from simulators.supabase.server import SECRET, SupabaseDouble

pytestmark = pytest.mark.integration


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with supabase.serving() as double:
        yield double


@pytest.fixture
async def storage(project: SupabaseDouble) -> AsyncIterator[SupabaseStorage]:
    async with SupabaseStorage.opened(project.url, SECRET, "docreel") as opened:
        yield opened


async def test_objects_are_stored_replaced_and_read(
    project: SupabaseDouble, storage: SupabaseStorage
) -> None:
    await storage.put("images/1/a.webp", b"one", "image/webp")
    await storage.put("images/1/a.webp", b"two", "image/webp")
    assert project.objects == {"docreel/images/1/a.webp": b"two"}
    assert await storage.get("images/1/a.webp") == b"two"
    assert await storage.size("images/1/a.webp") == 3


async def test_a_video_is_lent_as_a_file_that_goes_again(
    project: SupabaseDouble, storage: SupabaseStorage
) -> None:
    data = bytes(range(256)) * 20_000
    project.objects["docreel/videos/1/talk.mp4"] = data
    async with storage.local("videos/1/talk.mp4") as file:
        assert file.name == "talk.mp4"
        assert file.read_bytes() == data
    assert not file.exists()
    # Through a signed link, as a stream: the package's own download holds all of it in memory.
    assert ("GET", "object/sign/docreel/videos/1/talk.mp4") in project.storage.asked


async def test_a_video_that_many_read_at_once_is_fetched_once(
    project: SupabaseDouble, storage: SupabaseStorage
) -> None:
    path = "videos/1/talk.mp4"
    project.objects[f"docreel/{path}"] = b"0123456789" * 1000
    together = asyncio.Barrier(4)

    async def read() -> Path:
        async with storage.local(path) as file:
            await together.wait()
            assert file.stat().st_size == 10_000
            return file

    files = await asyncio.gather(*(read() for _ in range(4)))
    assert len(set(files)) == 1
    assert not files[0].exists()
    fetched = ("GET", f"object/sign/docreel/{path}")
    assert project.storage.asked.count(fetched) == 1


async def test_who_ends_while_fetching_leaves_it_to_the_next(
    project: SupabaseDouble, storage: SupabaseStorage
) -> None:
    project.objects["docreel/videos/1/talk.mp4"] = b"0123456789" * 1000

    async def read() -> int:
        async with storage.local("videos/1/talk.mp4") as file:
            return file.stat().st_size

    first, other = asyncio.create_task(read()), asyncio.create_task(read())
    await asyncio.sleep(0)  # the first fetches, the other waits for it
    first.cancel()
    assert await other == 10_000
    assert first.cancelled()


async def test_what_is_not_there_is_missing(storage: SupabaseStorage) -> None:
    assert await storage.size("videos/1/none.mp4") is None
    for path in ("videos/1/none.mp4", "../secret", "a//b", "a%2e"):
        with pytest.raises(MissingObjectError, match="upload it again"):
            await storage.get(path)
        with pytest.raises(MissingObjectError):
            await storage.link(path, 60)
        with pytest.raises(MissingObjectError):
            async with storage.local(path):
                pass


async def test_a_link_needs_no_key(project: SupabaseDouble, storage: SupabaseStorage) -> None:
    project.objects["docreel/videos/1/talk.mp4"] = b"0123456789"
    link = await storage.link("videos/1/talk.mp4", 60)
    async with httpx.AsyncClient() as http:
        part = await http.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")


async def test_a_ticket_is_for_one_object(storage: SupabaseStorage) -> None:
    ticket = await storage.ticket("videos/1/talk.mp4")
    assert ticket.url.endswith("/storage/v1/upload/resumable/sign")
    assert ticket.headers == {"x-signature": "write-docreel/videos/1/talk.mp4"}
    assert ticket.metadata["objectName"] == "videos/1/talk.mp4"


async def test_a_wrong_key_and_a_lost_server_are_told(project: SupabaseDouble) -> None:
    async with SupabaseStorage.opened(project.url, "sb_secret_other", "docreel") as storage:
        with pytest.raises(TransientError, match="Invalid Compact JWS"):
            await storage.put("a", b"", "text/plain")
    async with SupabaseStorage.opened("http://127.0.0.1:1", SECRET, "docreel") as storage:
        for call in (storage.get("a"), storage.size("a"), storage.link("a", 1)):
            with pytest.raises(TransientError):
                await call


async def test_what_lies_below_a_folder_is_listed_page_by_page_and_removed(
    project: SupabaseDouble, storage: SupabaseStorage
) -> None:
    many = {f"images/{n % 3}/{n}.webp" for n in range(1200)}
    for path in (*many, "videos/1/a.mp4"):
        project.objects[f"docreel/{path}"] = b"x"
    found = await storage.listed("images")
    assert {one.path for one in found} == many
    assert all(one.seconds > 86_400 for one in found)
    assert await storage.listed("nothing") == []

    await storage.discard([*many, "images/1/never.webp"])
    assert project.objects == {"docreel/videos/1/a.mp4": b"x"}
