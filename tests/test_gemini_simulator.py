"""The simulator keeps to the protocol, also where the SDK does not go."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.media.cutting import cut
from shared.media.inspection import inspect
from simulators.gemini.eyes import look
from simulators.gemini.server import KEY, Simulator, serving
from simulators.gemini.wire import Dropped, Refusal
from tests.support.film import counting

pytestmark = pytest.mark.integration

BODY = b"0123456789"
TEXT = {"contents": [{"role": "user", "parts": [{"text": "Hello, who is there?"}]}]}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        base_url=simulator.url, headers={"x-goog-api-key": KEY}
    ) as client:
        yield client


async def begun(http: httpx2.AsyncClient) -> str:
    answer = await http.post(
        "/upload/v1/files",
        json={"file": {"display_name": "x"}},
        headers={
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(len(BODY)),
            "X-Goog-Upload-Header-Content-Type": "video/mp4",
        },
    )
    return str(answer.headers["x-goog-upload-url"])


async def send(
    http: httpx2.AsyncClient, url: str, command: str, offset: int = 0, body: bytes = b""
) -> httpx2.Response:
    headers = {"X-Goog-Upload-Command": command, "X-Goog-Upload-Offset": str(offset)}
    return await http.post(url, content=body, headers=headers)


async def test_an_upload_goes_on_where_a_query_says_and_nowhere_else(
    http: httpx2.AsyncClient, simulator: Simulator
) -> None:
    url = await begun(http)
    assert (await send(http, url, "upload", 0, BODY[:4])).headers[
        "x-goog-upload-status"
    ] == "active"
    assert (await send(http, url, "upload", 0, BODY[:4])).status_code == 400
    assert (await send(http, url, "upload, finalize", 4, BODY[4:6])).status_code == 400
    asked = await send(http, url, "query")
    assert asked.headers["x-goog-upload-size-received"] == "6"
    done = await send(http, url, "upload, finalize", 6, BODY[6:])
    assert done.headers["x-goog-upload-status"] == "final"
    file = done.json()["file"]
    assert file["state"] == "PROCESSING"
    assert simulator.files.all[file["name"].removeprefix("files/")].path.read_bytes() == BODY
    simulator.files.processing = 0


async def test_a_name_that_is_taken_is_refused(http: httpx2.AsyncClient) -> None:
    headers = {
        "X-Goog-Upload-Header-Content-Length": "1",
        "X-Goog-Upload-Header-Content-Type": "video/mp4",
    }
    body = {"file": {"name": "files/mine"}}
    statuses = [
        (await http.post("/upload/v1/files", json=body, headers=headers)).status_code
        for _ in range(2)
    ]
    assert statuses == [200, 409]


async def test_tokens_are_counted_as_they_are_charged(
    http: httpx2.AsyncClient, simulator: Simulator
) -> None:
    counted = await http.post("/v1/models/m:countTokens", json=TEXT)
    answer = (await http.post("/v1/models/m:generateContent", json=TEXT)).json()["usageMetadata"]
    assert counted.json()["totalTokens"] == answer["promptTokenCount"] == simulator.usage.prompt
    total = answer["candidatesTokenCount"] + answer["thoughtsTokenCount"]
    assert total == simulator.usage.output


async def test_quotas_a_minute_and_a_day_tell_how_long_to_wait(
    http: httpx2.AsyncClient, simulator: Simulator
) -> None:
    async def asked() -> Any:
        return await http.post("/v1/models/m:generateContent", json=TEXT)

    simulator.quota.requests_a_minute = 2
    simulator.quota.minute = 0.5
    begun_at = time.monotonic()
    assert [(await asked()).status_code for _ in range(3)] == [200, 200, 429]
    details = (await asked()).json()["error"]["details"]
    wait = float(details[1]["retryDelay"].removesuffix("s"))
    assert 0 < wait <= 0.5
    assert "PerMinute" in details[0]["violations"][0]["quotaId"]
    simulator.quota.requests_a_day = 2
    details = (await asked()).json()["error"]["details"]
    assert "PerDay" in details[0]["violations"][0]["quotaId"]
    assert time.monotonic() - begun_at < 5


async def test_trouble_is_given_once_and_everything_is_logged(
    http: httpx2.AsyncClient, simulator: Simulator
) -> None:
    simulator.trouble("/v1/models", Refusal(503, "UNAVAILABLE", "overloaded"))
    simulator.trouble("/v1/models", Dropped())
    path = "/v1/models/m:generateContent"
    assert (await http.post(path, json=TEXT)).status_code == 503
    with pytest.raises(httpx2.RemoteProtocolError):
        await http.post(path, json=TEXT)
    assert (await http.post(path, json=TEXT)).status_code == 200
    assert [(one.method, one.status) for one in simulator.log] == [
        ("POST", 503),
        ("POST", 200),
        ("POST", 200),
    ]
    assert (await http.get("/simulator")).json()["answers"] == {"other": 1}


def test_a_counter_in_the_picture_is_read_also_after_a_cut(tmp_path: Path) -> None:
    film = counting(tmp_path / "film.mp4", 60)
    seen = look(film, film.stat().st_size)
    assert seen.duration == 60
    assert list(seen.numbers) == [(n, n) for n in range(60)]
    clip = cut(film, inspect(film), None, (25, 40), tmp_path)
    assert clip.begins == 20
    seen = look(clip.path, clip.path.stat().st_size)
    assert [(moment + 20, number) for moment, number in seen.numbers] == [
        (n, n) for n in range(20, 40)
    ]
