"""The simulator's application: who may ask, how long it takes, what is answered, and the log."""

import asyncio
import logging
import socket
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.gemini import tokens
from simulators.gemini.answers import answered
from simulators.gemini.eyes import look
from simulators.gemini.files import Files, StoredFile
from simulators.gemini.quota import Quota
from simulators.gemini.wire import (
    BAD_KEY,
    Answer,
    Blocked,
    Dropped,
    HalfAnAnswer,
    Outcome,
    Refusal,
    Reply,
    Task,
    Usage,
    read,
)

KEY = "simulated"
_LOOPBACK = "127.0.0.1"
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Logged:
    """One request: `at` on the monotonic clock when it came, `status` of its answer."""

    at: float
    method: str
    path: str
    status: int


class Simulator:
    """One project of the service, with files in `folder`; it keeps what was asked.

    `key` is the only one that it takes, none: any. `seconds` is how long each answer takes, or a
    function of the task that gives it.
    """

    def __init__(self, url: str, folder: Path, *, key: str | None = KEY) -> None:
        self.url = url
        self.key = key
        self.seconds: float | Callable[[Task], float] = 0.0
        self.quota = Quota()
        self.files = Files(url, folder)
        self.asked: list[Task] = []
        self.log: list[Logged] = []
        self.usage = Usage()
        self.most = 0  # answers under way at once, at most
        self._busy = 0
        self._next: deque[Answer] = deque()
        self._rules: list[tuple[Callable[[Task], bool], Answer, int]] = []
        self._troubles: list[tuple[str, Outcome]] = []
        self._called = asyncio.Condition()
        guarded = self._guarded
        self.application = Starlette(
            routes=[
                Route("/upload/{v}/files", guarded(self.files.begin), methods=["POST"]),
                # By the protocol the address itself is the permission.
                Route(
                    "/upload/{v}/sessions/{name}",
                    self._logged(self.files.receive),
                    methods=["POST"],
                ),
                Route("/{v}/files", guarded(self.files.listed), methods=["GET"]),
                Route("/{v}/files/{name}", guarded(self.files.show), methods=["GET"]),
                Route("/{v}/files/{name}", guarded(self.files.delete), methods=["DELETE"]),
                Route("/{v}/models/{call}", guarded(self._model), methods=["POST"]),
                Route("/simulator", self._report, methods=["GET"]),
            ]
        )

    def will(self, *answers: Answer | Outcome) -> None:
        """Give these answers to the next calls of the model, in order."""
        self._next.extend(_answer(one) for one in answers)

    def when(
        self, fits: Callable[[Task], bool], answer: Answer | Outcome, times: int = 1_000_000
    ) -> None:
        """Give this answer to the next so many calls that fit."""
        self._rules.append((fits, _answer(answer), times))

    def trouble(self, path: str, outcome: Refusal | Dropped) -> None:
        """Give this to the next request whose path begins so, whatever it is."""
        self._troubles.append((path, outcome))

    async def calls(self, count: int) -> None:
        """Wait until the model has been asked so many times."""
        async with self._called:
            await self._called.wait_for(lambda: len(self.asked) >= count)

    def _logged(self, handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            at = time.monotonic()
            path = request.url.path
            trouble = next((one for one in self._troubles if path.startswith(one[0])), None)
            if trouble is None:
                response = await handler(request)
            else:
                self._troubles.remove(trouble)
                response = self._response(trouble[1], None, 0)
            self.log.append(Logged(at, request.method, path, response.status_code))
            return response

        return run

    def _guarded(self, handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            if self.key is not None and request.headers.get("x-goog-api-key") != self.key:
                return BAD_KEY.response()
            return await handler(request)

        return self._logged(run)

    async def _model(self, request: Request) -> Response:
        model, _, method = request.path_params["call"].partition(":")
        body = await request.json()
        if method == "countTokens":
            inner = read(body, "generateContentRequest", "generate_content_request") or body
            task = await self._task(model, inner)
            if isinstance(task, Refusal):
                return task.response()
            return JSONResponse({"totalTokens": tokens.of_prompt(task)})
        if method != "generateContent":
            return Refusal(404, "NOT_FOUND", f"{method} is not supported for {model}.").response()
        task = await self._task(model, body)
        if isinstance(task, Refusal):
            return task.response()
        prompt = tokens.of_prompt(task)
        refused = self.quota.take(prompt)
        async with self._called:
            self.asked.append(task)
            self._called.notify_all()
        if refused is not None:
            return refused.response()
        return await self._generated(task, prompt)

    async def _generated(self, task: Task, prompt: int) -> Response:
        answer = self._chosen(task)
        self._busy += 1
        self.most = max(self.most, self._busy)
        try:
            await asyncio.sleep(self.seconds(task) if callable(self.seconds) else self.seconds)
        finally:
            self._busy -= 1
        return self._response(await asyncio.to_thread(answer, task), task, prompt)

    async def _task(self, model: str, body: dict[str, Any]) -> Task | Refusal:
        named = []
        for part in Task(body, model).parts:
            data = read(part, "fileData", "file_data")
            if data is None:
                continue
            uri = str(read(data, "fileUri", "file_uri"))
            file = self.files.all.get(uri.rpartition("/")[2])
            refusal = _unusable(file, uri)
            if refusal is not None or file is None:
                return refusal or BAD_KEY
            named.append(file)
            await asyncio.to_thread(look, file.path, file.received)
        return Task(body, model, tuple(named))

    def _chosen(self, task: Task) -> Answer:
        for place, (fits, answer, times) in enumerate(self._rules):
            if fits(task):
                self._rules[place : place + 1] = [(fits, answer, times - 1)] if times > 1 else []
                return answer
        return self._next.popleft() if self._next else answered

    def _response(self, outcome: Outcome, task: Task | None, prompt: int) -> Response:
        match outcome:
            case Refusal():
                return outcome.response()
            case Dropped():
                return HalfAnAnswer()
            case Blocked():
                if task is not None:
                    self.usage.add(task, prompt, 0)
                return JSONResponse(
                    {
                        "promptFeedback": {"blockReason": outcome.reason},
                        "usageMetadata": _usage(prompt, None, None),
                    }
                )
            case Reply():
                written = tokens.of_text(outcome.text)
                if task is not None:
                    self.usage.add(task, prompt, written + outcome.thoughts)
                return JSONResponse(
                    {
                        "candidates": [_candidate(outcome)],
                        "usageMetadata": _usage(prompt, written, outcome.thoughts),
                        "modelVersion": task.model if task else "",
                    }
                )

    async def _report(self, _: Request) -> Response:
        return JSONResponse(
            {
                "requests": len(self.log),
                "answers": self.usage.by_kind,
                "prompt_tokens": self.usage.prompt,
                "output_tokens": self.usage.output,
                "most_at_once": self.most,
                "refused_by_quota": self.quota.refused,
                "files_left": self.files.left,
            }
        )


def _answer(one: Answer | Outcome) -> Answer:
    return one if callable(one) else lambda _: one


def _unusable(file: StoredFile | None, uri: str) -> Refusal | None:
    name = uri.rpartition("/")[2]
    if file is None:
        message = f"You do not have permission to access the File {name} or it may not exist."
        return Refusal(403, "PERMISSION_DENIED", message)
    if file.state != "ACTIVE":
        message = f"The File {name} is not in an ACTIVE state and usage is not allowed."
        return Refusal(400, "FAILED_PRECONDITION", message)
    return None


def _candidate(reply: Reply) -> dict[str, Any]:
    candidate: dict[str, Any] = {"finishReason": reply.reason, "index": 0}
    if reply.text:
        candidate["content"] = {"role": "model", "parts": [{"text": reply.text}]}
    return candidate


def _usage(prompt: int, written: int | None, thoughts: int | None) -> dict[str, int]:
    counted = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": written,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + (written or 0) + (thoughts or 0),
    }
    return {name: count for name, count in counted.items() if count is not None}


@asynccontextmanager
async def serving(
    *, port: int = 0, key: str | None = KEY, host: str = _LOOPBACK, name: str = ""
) -> AsyncIterator[Simulator]:
    """Serve a simulator on `port` (0: any free one) of this machine, with no file left after it.

    On another interface than the loopback one, `name` is what its callers call this machine.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it drops connections on purpose
    with (
        tempfile.TemporaryDirectory(prefix="docreel-simulator-") as folder,
        socket.create_server((host, port)) as listener,
    ):
        number = listener.getsockname()[1]
        simulator = Simulator(f"http://{name or host}:{number}", Path(folder), key=key)
        config = uvicorn.Config(
            simulator.application, log_config=None, access_log=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield simulator
        finally:
            server.should_exit = True
            server.force_exit = True  # a call that a killed worker left behind is not waited for
            await task
