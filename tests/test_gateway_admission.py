"""What is refused at the door: files that are no video, and requests that are too many or large."""

import io
import struct
from pathlib import Path
from typing import Any

import asyncpg
import av
import httpx
import numpy as np
import pytest
from PIL import Image, ImageStat

from services.gateway.poster import make_poster
from shared.media.inspection import inspect
from shared.media.opening import NotAVideoError
from tests.support.gateway import Start, film, problem, uploaded
from tests.support.services import ROOT

pytestmark = pytest.mark.integration

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile /etc/hostname\n"
PICTURE = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc"
    b"\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82"
)


@pytest.mark.parametrize(
    "data",
    [
        b"abc",
        b"This is no video.\n" * 99,
        PICTURE,
        PLAYLIST,
        CONCAT,
        b"\x1a\x45\xdf\xa3" + bytes(5000),
        (ROOT / "samples" / "sample.mp4").read_bytes()[:4000],
        film()[:-300],
    ],
)
async def test_what_is_no_video_is_refused_before_anything_is_queued(
    http: httpx.AsyncClient, db: asyncpg.Connection, data: bytes
) -> None:
    video = await uploaded(http, data)
    told = problem(await http.post("/api/videos/process", json={"videoId": video}), 422)
    assert told["type"] == "urn:docreel:problem:video-unreadable"
    assert told["detail"].startswith("talk.mp4: ")
    assert await db.fetchval("select count(*) from outbox") == 0


async def test_a_job_need_not_wait_for_the_look_at_its_film(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    video = await uploaded(http)
    # Looked at when its last byte came: this answer has no need of the file.
    await db.execute("update videos set storage_path = 'videos/gone.mp4'")
    answer = await http.post("/api/videos/process", json={"videoId": video})
    assert answer.status_code == 202


async def test_a_film_is_looked_at_once(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    video = await uploaded(http)
    for _ in range(2):
        answer = await http.post("/api/videos/process", json={"videoId": video})
        assert answer.status_code == 202
        # Whoever asks again does not even need the file.
        await db.execute("update videos set storage_path = 'videos/gone.mp4'")
    shown = (await http.get(f"/api/videos/{video}")).json()
    assert shown["duration"] == 0.5


async def test_a_film_has_a_poster_that_a_page_can_show(http: httpx.AsyncClient) -> None:
    video = await uploaded(http)
    (listed,) = (await http.get("/api/videos")).json()["items"]
    shown = (await http.get(f"/api/videos/{video}")).json()
    assert listed["poster_url"] == shown["poster_url"]
    answer = await http.get(shown["poster_url"])
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (64, 48)
    problem(await http.get(shown["poster_url"].replace("?token=", "?token=a")), 401)


def poster(source: str) -> bytes:
    return make_poster(source, inspect(source))


def test_the_poster_is_of_a_place_that_shows_something(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(poster(shot(tmp_path, [0, 0, 0, 1, 1, 1, 1, 0, 0, 0])))) as picture:
        assert ImageStat.Stat(picture.convert("L")).stddev[0] > 60
    # With nothing to choose from a flat one is better than none.
    with Image.open(io.BytesIO(poster(shot(tmp_path, [0] * 10)))) as picture:
        assert ImageStat.Stat(picture.convert("L")).stddev[0] < 5


def test_a_damaged_place_leaves_the_poster_to_another(tmp_path: Path) -> None:
    source = shot(tmp_path, [1] * 10)
    with av.open(source) as container:
        keys = [(one.pos, one.size) for one in container.demux(video=0) if one.is_keyframe]
    data = bytearray(Path(source).read_bytes())
    for place in (1, 3):  # the first two of the three that are looked at
        position, size = keys[place]
        assert position is not None
        data[position : position + size] = b"\xff" * size
    Path(source).write_bytes(data)
    with Image.open(io.BytesIO(poster(source))) as picture:
        assert picture.size == (128, 96)


def test_the_poster_of_a_film_that_is_turned_stands_upright(tmp_path: Path) -> None:
    source = shot(tmp_path, [1] * 10)
    data = bytearray(Path(source).read_bytes())
    # A quarter of a turn, in the matrix of the track's header (ISO/IEC 14496-12, 8.3.2).
    matrix = data.index(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(
        ">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 96 << 16, 0, 1 << 30
    )
    Path(source).write_bytes(data)
    with Image.open(io.BytesIO(poster(source))) as picture:
        assert picture.size == (96, 128)


def shot(folder: Path, seconds: list[int]) -> str:
    """A film of black seconds (0) and ones with stripes (1)."""
    file = folder / "shot.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for stripes in np.repeat(seconds, 5):
            picture = np.zeros((96, 128, 3), dtype=np.uint8)
            picture[:, ::8] = picture[:, 1::8] = picture[:, 2::8] = picture[:, 3::8] = 255 * stripes
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return str(file)


def test_the_sample_has_its_length(tmp_path: Any) -> None:
    assert 20 < inspect(str(ROOT / "samples" / "sample.mp4")).duration < 600
    (tmp_path / "empty").touch()
    with pytest.raises(NotAVideoError, match="is empty"):
        inspect(str(tmp_path / "empty"))


async def test_a_body_that_is_too_large_is_refused_and_an_upload_is_not(start: Start) -> None:
    async with start(max_body_bytes=1024) as http:
        problem(await http.post("/api/projects", json={"name": "x" * 2000}), 413)

        async def unannounced() -> Any:
            for _ in range(40):
                yield b" " * 100

        problem(
            await http.post(
                "/api/projects",
                content=unannounced(),
                headers={"Content-Type": "application/json"},
            ),
            413,
        )
        assert len(film()) > 1024
        await uploaded(http)


async def test_too_many_requests_are_told_when_to_come_again(start: Start) -> None:
    async with start(requests_per_minute=5) as http:
        answers = [await http.get("/api/projects") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        told = problem(answers[-1], 429)
        assert "batch" in told["detail"]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        # Health and what anybody may know is not counted.
        assert (await http.get("/livez")).status_code == 200
        assert (await http.get("/api/config")).status_code == 200


async def test_pages_of_other_sites_may_call_where_they_are_named(start: Start) -> None:
    page = {"Origin": "https://app.example"}
    asking = page | {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,upload-offset,tus-resumable",
    }
    async with start(cors_origins=["https://app.example"]) as http:
        allowed = await http.options("/api/uploads/x", headers=asking)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        answer = await http.get("/api/projects", headers=page)
        exposed = answer.headers["access-control-expose-headers"]
        assert {"ETag", "Retry-After", "Upload-Offset"} <= set(exposed.split(", "))
        other = await http.get("/api/projects", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
    async with start() as http:
        assert (
            "access-control-allow-origin" not in (await http.get("/api/me", headers=page)).headers
        )


async def test_answers_say_how_they_may_be_used(http: httpx.AsyncClient) -> None:
    for path in ("/api/projects", "/api/nothing"):
        headers = (await http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_another_sites_page_cannot_post_as_the_local_user(http: httpx.AsyncClient) -> None:
    body = {"name": "theirs"}
    plain = await http.post(
        "/api/projects",
        content=b'{"name": "theirs"}',
        headers={"Content-Type": "text/plain", "Origin": "https://evil.example"},
    )
    assert plain.status_code in {403, 422}
    foreign = await http.post(
        "/api/projects", json=body, headers={"Origin": "https://evil.example"}
    )
    problem(foreign, 403)
    own = await http.post("/api/projects", json=body, headers={"Origin": str(http.base_url)})
    assert own.status_code == 201


async def test_the_page_is_served_where_it_is_built(start: Start, tmp_path: Path) -> None:
    async with start(web_dir=tmp_path / "none") as http:
        assert "no web page yet" in (await http.get("/")).text
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<title>Docreel</title>")
    (built / "assets" / "a-1.js").write_text("1;" * 1000)
    async with start(web_dir=built) as http:
        for path in ("/", "/projects/1/videos/2"):
            page = await http.get(path)
            assert (page.status_code, page.text) == (200, "<title>Docreel</title>")
            assert page.headers["cache-control"] == "no-cache"
        script = await http.get("/assets/a-1.js")
        assert "immutable" in script.headers["cache-control"]
        # A page of another site may embed it: modules are read by CORS alone.
        assert script.headers["access-control-allow-origin"] == "*"
        assert (script.headers["content-encoding"], script.text) == ("gzip", "1;" * 1000)
        assert "accept-encoding" in script.headers["vary"].lower()
        whole = await http.get("/assets/a-1.js", headers={"Accept-Encoding": "identity"})
        assert ("content-encoding" in whole.headers, whole.text) == (False, "1;" * 1000)
        again = {"If-None-Match": script.headers["etag"]}
        assert (await http.get("/assets/a-1.js", headers=again)).status_code == 304
        assert (await http.get("/assets/none.js")).status_code == 404
        problem(await http.get("/api/nothing"), 404)
        assert "GET" in (await http.delete("/api/projects")).headers["allow"]
        assert (await http.get("/livez")).text == "ok"
        assert (await http.get("/api/projects")).status_code == 200
