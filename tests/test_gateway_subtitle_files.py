"""A subtitle file beside a video: sent, read at once, replaced, fetched, gone with the video."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import orjson
import pytest

from tests.support.gateway import (
    Start,
    create,
    eventually,
    problem,
    process,
    strangers_rows,
    uploaded,
)

pytestmark = pytest.mark.integration

SRT = """1
00:00:01,000 --> 00:00:02,500
Open C:\\new, déjà vu.

2
00:00:03,000 --> 00:00:03,000
Two
"""


async def put(http: httpx.AsyncClient, video: Any, data: bytes, **query: str) -> httpx.Response:
    path = f"/api/videos/{video}/subtitle-file"
    return await http.put(path, params={"filename": "talk.en.srt"} | query, content=data)


def files(folder: Path, video: str) -> list[Path]:
    return sorted((folder / "videos" / video / "subtitles").glob("*"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
async def test_a_file_is_read_and_told_with_its_video(
    http: httpx.AsyncClient, db: asyncpg.Connection, encoding: str
) -> None:
    video = (await create(http, 10))["id"]
    assert (await http.get(f"/api/videos/{video}")).json()["subtitle_file"] is None
    answer = await put(http, video, SRT.encode(encoding))
    told = {"filename": "talk.en.srt", "language": "en", "cues": 2}
    assert (answer.status_code, answer.json()) == (200, told)
    assert (await http.get(f"/api/videos/{video}")).json()["subtitle_file"] == told
    (listed,) = (await http.get("/api/videos")).json()["items"]
    assert listed["subtitle_file"] == told
    cues = orjson.loads(await db.fetchval("select cues from subtitle_files"))
    assert cues == [[1, 2.5, "Open C:\\new, déjà vu.", ""], [3, 4, "Two", ""]]
    sent = await http.get(f"/api/videos/{video}/subtitle-file")
    assert sent.content == SRT.encode(encoding)
    assert sent.headers["content-disposition"] == "attachment"


async def test_another_file_takes_its_place_and_changes_the_digest(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    video = await uploaded(http)
    digests = []
    for text in (SRT, SRT, SRT.replace("Two", "Three")):
        assert (await put(http, video, text.encode())).status_code == 200
        digests.append(await db.fetchval("select digest from subtitle_files"))
        assert len(files(tmp_path, video)) == 1
    assert digests[0] == digests[1] != digests[2]
    (file,) = files(tmp_path, video)
    assert b"Three" in file.read_bytes()


async def test_a_file_is_taken_away_by_itself_and_with_its_video(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    video, other = await uploaded(http), await uploaded(http)
    for one in (video, other):
        assert (await put(http, one, SRT.encode())).status_code == 200
    assert (await http.delete(f"/api/videos/{video}/subtitle-file")).status_code == 204
    problem(await http.delete(f"/api/videos/{video}/subtitle-file"), 404)
    problem(await http.get(f"/api/videos/{video}/subtitle-file"), 404)
    assert files(tmp_path, video) == []
    assert (await http.get(f"/api/videos/{video}/file")).status_code == 200
    assert (await http.delete(f"/api/videos/{other}")).status_code == 204
    assert await db.fetchval("select count(*) from subtitle_files") == 0

    async def removed() -> bool:
        return not files(tmp_path, other)

    await eventually(removed)


@pytest.mark.parametrize("data", [b"", b"not subtitles", b"\0" * 99, b"WEBVTT\n\nNOTE empty\n"])
async def test_what_cannot_be_read_is_refused_with_what_to_do(
    http: httpx.AsyncClient, tmp_path: Path, data: bytes
) -> None:
    video = await uploaded(http)
    told = problem(await put(http, video, data, filename="notes.txt"), 422)
    assert told["type"].endswith("subtitles-unreadable")
    assert "notes.txt" in told["detail"]
    assert "give a file" in told["detail"] or "choose a file" in told["detail"]
    assert files(tmp_path, video) == []


async def test_a_file_is_bounded(start: Start) -> None:
    async with start(max_body_bytes=2048) as http:
        video = (await create(http, 10))["id"]
        assert (await put(http, video, SRT.encode())).status_code == 200
        problem(await put(http, video, SRT.encode() * 100), 413)


async def test_the_language_is_the_projects(http: httpx.AsyncClient) -> None:
    video = (await create(http, 10))["id"]
    assert (await put(http, video, SRT.encode(), filename="a.srt")).json()["language"] is None
    assert (await put(http, video, SRT.encode(), language="en_gb")).json()["language"] == "en-GB"
    told = problem(await put(http, video, SRT.encode(), filename="a.es.srt"), 409)
    assert told["type"].endswith("subtitles-language")
    assert "es" in told["title"]
    assert "language=en" in told["detail"]
    sure = await put(http, video, SRT.encode(), filename="a.es.srt", language="en")
    assert sure.json() == {"filename": "a.es.srt", "language": "en", "cues": 2}
    problem(await put(http, video, SRT.encode(), language="not a tag"), 422)


async def test_a_name_is_never_a_path(http: httpx.AsyncClient, tmp_path: Path) -> None:
    video = (await create(http, 10))["id"]
    answer = await put(http, video, SRT.encode(), filename="../..\\Ça / va é.EXE")
    assert answer.json()["filename"] == " va é.EXE"
    assert [file.suffix for file in files(tmp_path, video)] == [".txt"]


async def test_while_a_job_runs_the_file_stays(http: httpx.AsyncClient) -> None:
    video = await uploaded(http)
    assert (await put(http, video, SRT.encode())).status_code == 200
    await process(http, video)
    told = problem(await put(http, video, SRT.replace("Two", "Three").encode()), 409)
    assert told["type"].endswith("job-running")
    problem(await http.delete(f"/api/videos/{video}/subtitle-file"), 409)
    assert (await http.get(f"/api/videos/{video}/subtitle-file")).content == SRT.encode()


async def test_strangers_and_readers_change_nothing(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    stranger = await strangers_rows(db)
    await db.execute(
        """insert into subtitle_files (video_id, filename, storage_path, digest, cues, cue_count)
           values ($1, 'a.srt', 'x', 'x', '[]', 1)""",
        stranger["video"],
    )
    for video in (stranger["video"], uuid4()):
        problem(await put(http, video, SRT.encode()), 404)
        problem(await http.get(f"/api/videos/{video}/subtitle-file"), 404)
        problem(await http.delete(f"/api/videos/{video}/subtitle-file"), 404)
    assert await db.fetchval("select filename from subtitle_files") == "a.srt"
    video = (await create(http, 10))["id"]
    assert (await put(http, video, SRT.encode())).status_code == 200
    await db.execute("update org_members set role = 'viewer'")
    problem(await put(http, video, SRT.encode()), 403)
    problem(await http.delete(f"/api/videos/{video}/subtitle-file"), 403)
    assert (await http.get(f"/api/videos/{video}/subtitle-file")).status_code == 200
