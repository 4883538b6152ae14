import base64
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

DOCREEL = Path(sys.executable).with_name("docreel")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
VIDEO, JOB = "video-1", "job-1"
Json = dict[str, Any]


def step(unit: str, state: str, percent: float = 0, **more: Any) -> Json:
    return {"unit": unit, "state": state, "percent": percent, "reason": "", "expected": None} | more


def image(src: str) -> Json:
    return {"type": "image", "attrs": {"src": src, "alt": "A screen"}}


def article(number: int, language: str, slug: str, *blocks: Json) -> Json:
    return {
        "id": f"article-{number}-{language}",
        "chapter_id": f"chapter-{number}",
        "chapter_slug": f"chapter-{number}",
        "chapter_order": number,
        "language": language,
        "title": f"Título {number}",
        "slug": slug,
        "status": "draft",
        "content_json": {"type": "doc", "content": list(blocks)},
        "content_text": "",
    }


def problem(status: int, detail: str, title: str = "Refused", **headers: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


@dataclass
class FakeGateway:
    """Behaves as docs say the gateway does; a test scripts the states of its one job."""

    url: str = ""
    states: list[Json | int] = field(default_factory=list)  # a number: that HTTP status
    articles: dict[str, list[Json]] = field(default_factory=dict)
    markdown: dict[str, str] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=lambda: {"chapters.vtt": "WEBVTT"})
    drops: list[int] = field(default_factory=list)  # bytes of a PATCH after which to hang up
    drop_all: bool = False
    stored: bytearray = field(default_factory=bytearray)
    size: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)  # offset, Content-Length
    processed: Json = field(default_factory=dict)
    unchanged: int = 0
    given: tuple[dict[str, str], bytes] | None = None  # a subtitle file
    readable: bool = True
    estimate: Json = field(default_factory=dict)
    creates: bool = False  # an upload has to be created before its bytes are sent
    lost: list[str] = field(default_factory=list)  # paths whose next answer never comes
    keys: list[str] = field(default_factory=list)
    logins: set[str] = field(default_factory=set)
    retry_after: str = ""
    languages: list[str] | None = None
    filename: str = "demo.mp4"
    video: str = VIDEO  # the id of what is created next
    title: str = "Démo"
    connections: dict[Any, Any] = field(default_factory=dict)
    at: int = 0
    accounts: Json = field(default_factory=lambda: {"kind": "none"})
    known: Callable[[str], str | None] = lambda _: None  # a token's user, where there are accounts
    organizations: list[Json] = field(
        default_factory=lambda: [{"id": "o", "name": "Ours", "role": "owner"}]
    )
    next_step: str | None = None

    def job(self, **fields: Any) -> Json:
        return {
            "id": JOB,
            "video_id": self.video,
            "video_title": self.title,
            "status": "processing",
            "step_message": "",
            "progress": 0.5,
            "error_message": None,
            "languages": ["es", "ca"],
            "issues": [],
            "created_at": "2026-11-24T00:00:00Z",
            "steps": [],
        } | fields

    async def answer(self, request: Request) -> Response:  # noqa: C901, PLR0911, PLR0912 - one each
        path = unquote(request.url.path)
        self.requests.append((request.method, path))
        self.logins.add(request.headers.get("Authorization", ""))
        if "Idempotency-Key" in request.headers:
            self.keys.append(request.headers["Idempotency-Key"])
        if path in self.lost:
            self.lost.remove(path)
            self.connections[tuple(request.scope["client"])].abort()
            return Response(status_code=500)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        user = self.known(token)
        if path == "/api/config":
            return JSONResponse({"login": self.accounts})
        if self.accounts["kind"] != "none" and user is None:
            return problem(401, "Send a token.", title="Not logged in")
        if path == "/api/me":
            me = {"user_id": "u", "email": user, "organizations": self.organizations}
            return JSONResponse(me | {"next_step": self.next_step})
        # Split before decoding: an encoded separator stays within its part.
        parts = request.scope["raw_path"].decode().removeprefix("/api/").split("/")
        match request.method, [unquote(part) for part in parts]:
            case "GET", ["engine"]:
                return JSONResponse({"engine": "offline", "languages": self.languages})
            case "GET", ["estimate"]:
                return JSONResponse(self.estimate | {"asked": request.query_params.multi_items()})
            case "POST", ["videos"]:
                told = await request.json()
                self.size = told["size_bytes"]
                self.filename = told["filename"]
                row = {"id": self.video, "filename": self.filename}
                return JSONResponse(row | {"upload": self.ticket()}, 201)
            case "PUT", ["videos", _, "subtitle-file"]:
                self.given = (dict(request.query_params), await request.body())
                if not self.readable:
                    return problem(422, "notes.srt: no subtitles were found in it.")
                return JSONResponse({"filename": "x", "language": None, "cues": 2})
            case "DELETE", ["videos", _]:
                return Response(status_code=204)
            case "GET", ["videos", _]:
                return JSONResponse({"id": self.video, "filename": self.filename})
            case "POST", ["uploads"]:
                return self.begin(request)
            case _, ["uploads", _]:
                return await self.upload(request)
            case "POST", ["videos", "process"]:
                self.processed = await request.json()
                if len(self.stored) != self.size:
                    return problem(409, "The video is not uploaded yet.")
                return JSONResponse({"jobId": JOB}, 202, {"Location": f"/api/jobs/{JOB}"})
            case "GET", ["jobs"]:
                return JSONResponse({"items": [self.job(steps=None)], "next_cursor": None})
            case "GET", ["jobs", job] if job == JOB:
                return self.look(request)
            case "POST", ["jobs", job, "cancel"] if job == JOB:
                return JSONResponse(self.job(), 202)
            case "POST", ["jobs", job, "retry"] if job == JOB:
                return problem(409, "The job is still running: wait for its end or cancel it.")
            case "GET", ["videos", _, *rest]:
                return self.result(request, rest)
            case "GET", ["articles", name] if name.removesuffix(".md") in self.markdown:
                text = self.markdown[name.removesuffix(".md")]
                return PlainTextResponse(text, media_type="text/markdown")
        return problem(404, f"There is nothing at {path}.")

    def ticket(self) -> Json:
        if self.creates:
            place = {"upload_url": None, "create_url": f"{self.url}/api/uploads"}
        else:
            place = {"upload_url": f"/api/uploads/{VIDEO}", "create_url": None}
        return place | {
            "headers": {"x-signature": "signed"} if self.creates else {},
            "metadata": {"objectName": "videos/é.mp4"},
            "chunk_bytes": 6 * 1024 * 1024,
        }

    def begin(self, request: Request) -> Response:
        assert request.headers["X-Signature"] == "signed"
        assert request.headers["Upload-Length"] == str(self.size)
        name, value = request.headers["Upload-Metadata"].split()
        assert (name, base64.b64decode(value).decode()) == ("objectName", "videos/é.mp4")
        return Response(status_code=201, headers={"Location": f"/api/uploads/{VIDEO}"})

    def look(self, request: Request) -> Response:
        now = self.states[min(self.at, len(self.states) - 1)]
        if isinstance(now, int):
            self.at += 1
            return problem(now, "Not now.")
        headers = {"ETag": f'"{self.at}"'}
        if self.retry_after:
            headers["Retry-After"] = self.retry_after
        if request.headers.get("If-None-Match") == headers["ETag"]:
            self.unchanged += 1
            self.at += 1
            return Response(status_code=304, headers=headers)
        return JSONResponse(now, headers=headers)

    def result(self, request: Request, rest: list[str]) -> Response:
        told: Any
        match rest:
            case ["segments"]:
                told = [{"id": "s1", "order": 0, "spoken_content": "¡Hola!"}]
            case ["subtitles"]:
                told = {"source": "en", "languages": ["en", *self.articles]}
            case ["reports", name]:
                told = {"language": name, "untranslated": [], "subtitles": []}
            case ["articles"]:
                told = self.articles.get(request.query_params["language"], [])
            case ["subtitles", name]:
                return PlainTextResponse(f"WEBVTT {name}\n", media_type="text/vtt")
            case ["images", name] if name in self.images:
                return Response(self.images[name], media_type="image/png")
            case [name] if name in self.files:
                return Response(f"{self.files[name]} {request.url.query}")
            case _:
                return problem(404, "There is no such thing.")
        return JSONResponse(told)

    async def upload(self, request: Request) -> Response:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(self.size)}
        if request.method == "PATCH":
            offset, length = (
                int(request.headers["Upload-Offset"]),
                request.headers["Content-Length"],
            )
            if offset != len(self.stored):
                return problem(409, "Another offset.")
            self.chunks.append((offset, int(length)))
            drop = 0 if self.drop_all else self.drops.pop(0) if self.drops else None
            taken = 0
            async for block in request.stream():
                if drop is not None and taken + len(block) > drop:
                    self.connections[tuple(request.scope["client"])].abort()
                    return Response(status_code=500)
                self.stored += block
                taken += len(block)
        headers["Upload-Offset"] = str(len(self.stored))
        return Response(status_code=204 if request.method == "PATCH" else 200, headers=headers)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """A real HTTP server on a free port, in a thread."""
    fake = FakeGateway()

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            fake.connections[transport.get_extra_info("peername")] = transport

    everything = Route("/{path:path}", fake.answer, methods=METHODS)
    config = uvicorn.Config(
        Starlette(routes=[everything]), port=0, http=Protocol, ws="none", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    fake.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield fake
    server.should_exit = True
    thread.join()


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


Docreel = Callable[..., Ended]


@pytest.fixture
def environment(gateway: FakeGateway, tmp_path: Path) -> dict[str, str]:
    """What the command sees: no colours, no terminal, where the gateway is, nobody's sessions."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "DOCREEL_URL": gateway.url,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


@pytest.fixture
def docreel(environment: dict[str, str], tmp_path: Path) -> Docreel:
    """Run the installed command in a folder of its own."""

    def run(*words: str | Path, **changed: str) -> Ended:
        ended = subprocess.run(  # noqa: S603 - the command under test
            [DOCREEL, *words],
            cwd=tmp_path,
            env=environment | changed,
            capture_output=True,
            check=False,
            timeout=60,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return run


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """13 MB that differ from place to place: two whole chunks and a part."""
    path = tmp_path / "demo.mp4"
    path.write_bytes(b"".join(n.to_bytes(4, "big") for n in range(13 * 1024 * 1024 // 4)))
    return path
