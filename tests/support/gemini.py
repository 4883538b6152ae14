"""A small double of Gemini's HTTP interface, for the real google-genai client to speak to."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Answer = Callable[[dict[str, Any]], Response]


def said(output: object, reason: str = "STOP") -> Response:
    """An ordinary answer whose text is `output` as JSON."""
    text = output if isinstance(output, str) else json.dumps(output)
    return JSONResponse(
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": reason}
            ],
            "usageMetadata": {
                "promptTokenCount": 100,
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 5,
                "totalTokenCount": 125,
            },
        }
    )


def refused(code: int, status: str, message: str, *details: dict[str, Any]) -> Response:
    """An error as the service shapes it."""
    error = {"code": code, "status": status, "message": message, "details": list(details)}
    return JSONResponse({"error": error}, code)


def answered(request: dict[str, Any]) -> Response:
    """A sensible answer by what is asked for: segments, chapters, an article or translations."""
    config = request["generationConfig"]
    wanted = set(config["responseSchema"]["properties"])
    text = request["contents"][0]["parts"][0].get("text", "")
    if "segments" in wanted:
        heard = [
            {"start_time": n, "end_time": n + 9, "spoken_content": f"Words at {n}."}
            | {"visual_context": f"Screen {n}"}
            for n in range(0, 60, 10)
        ]
        return said({"segments": heard})
    if "chapters" in wanted:
        numbers = [json.loads(line)["number"] for line in text.splitlines()[1:]]
        middle = len(numbers) // 2
        halves = ((numbers[:middle], "First half"), (numbers[middle:], "Second half"))
        chapters = [{"title": t, "description": "x", "segments": n} for n, t in halves]
        return said({"chapters": chapters})
    if "sections" in wanted:
        lines = [json.loads(line) for line in text.splitlines()[1:]]
        section = {
            "markdown": "## Steps\n\n1. Press **create**.",
            "picture_time": None,
            "segments": [line["number"] for line in lines],
        }
        return said({"title": lines[0]["spoken"], "sections": [section]})
    items = [one | {"text": one["text"].upper()} for one in json.loads(text)]
    return said({"items": items})


class GeminiDouble:
    """Files by the resumable protocol, and scripted answers; keeps what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytearray] = {}
        self.looked_at: dict[str, int] = {}
        self.deleted: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.answers: deque[Answer] = deque()
        self.seconds = 0.0  # how long every answer takes
        self.called = asyncio.Condition()
        self.application = Starlette(
            routes=[
                Route("/upload/v1/files", self._begin, methods=["POST"]),
                Route("/send/{name}", self._receive, methods=["POST"]),
                Route("/v1/files/{name}", self._file, methods=["GET"]),
                Route("/v1/files/{name}", self._delete, methods=["DELETE"]),
                Route("/v1/models/{call}", self._generate, methods=["POST"]),
            ]
        )

    def will(self, *answers: Answer) -> None:
        """Give these answers to the next calls, in order."""
        self.answers.extend(answers)

    async def calls(self, count: int) -> None:
        """Wait until so many calls have been made."""
        async with self.called:
            await self.called.wait_for(lambda: len(self.asked) >= count)

    def _described(self, name: str, state: str) -> dict[str, Any]:
        return {
            "name": f"files/{name}",
            "uri": f"{self.url}/v1/files/{name}",
            "mimeType": "video/mp4",
            "state": state,
        }

    async def _begin(self, request: Request) -> Response:
        if request.headers.get("x-goog-api-key") != "right":
            return refused(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid key.")
        name = f"f{len(self.files)}"
        self.files[name] = bytearray()
        return JSONResponse({}, headers={"x-goog-upload-url": f"{self.url}/send/{name}"})

    async def _receive(self, request: Request) -> Response:
        name = request.path_params["name"]
        if int(request.headers["x-goog-upload-offset"]) != len(self.files[name]):
            return refused(400, "INVALID_ARGUMENT", "wrong offset")
        self.files[name] += await request.body()
        final = "finalize" in request.headers["x-goog-upload-command"]
        body = {"file": self._described(name, "PROCESSING")} if final else {}
        status = "final" if final else "active"
        return JSONResponse(body, headers={"x-goog-upload-status": status})

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.looked_at[name] = self.looked_at.get(name, 0) + 1
        return JSONResponse(self._described(name, "ACTIVE"))

    async def _delete(self, request: Request) -> Response:
        self.deleted.append(request.path_params["name"])
        return JSONResponse({})

    async def _generate(self, request: Request) -> Response:
        body = await request.json()
        async with self.called:
            self.asked.append(body)
            self.called.notify_all()
        await asyncio.sleep(self.seconds)
        return (self.answers.popleft() if self.answers else answered)(body)


@asynccontextmanager
async def serving() -> AsyncIterator[GeminiDouble]:
    """Serve a double on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        double = GeminiDouble(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(double.application, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        yield double
        server.should_exit = True
        server.force_exit = True  # a call that a killed worker left behind is not waited for
        await task
