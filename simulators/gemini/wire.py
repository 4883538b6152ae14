"""What goes over the wire: a call as a task, and the answers and refusals to it.

Clients write some names in camel case and some in snake case: both are read.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from simulators.gemini.files import StoredFile

Json = Mapping[str, Any]

_BEGIN, _END = "<material>\n", "\n</material>"
# What an answer is about shows in the fields that are asked for.
_KINDS = {
    "segments": "transcribe",
    "chapters": "outline",
    "sections": "write",
    "items": "translate",
}


def read(body: Json, camel: str, snake: str) -> Any:
    """Return a field by either of its names, or none."""
    return body.get(camel, body.get(snake))


@dataclass(frozen=True, slots=True)
class Task:
    """One generateContent call; `files` are the videos that it names, in order."""

    body: Json
    model: str
    files: tuple[StoredFile, ...] = ()

    @property
    def kind(self) -> str:
        """Return transcribe, outline, write or translate, by the answer's schema; else other."""
        wanted = self.schema.get("properties", {})
        return next((kind for name, kind in _KINDS.items() if name in wanted), "other")

    @property
    def config(self) -> Json:
        """The call's configuration."""
        found: Json = read(self.body, "generationConfig", "generation_config") or {}
        return found

    @property
    def schema(self) -> Json:
        """The schema that the answer is to have; empty where none was given."""
        found: Json = read(self.config, "responseSchema", "response_schema") or {}
        return found

    @property
    def instruction(self) -> str:
        """The system instruction."""
        given = read(self.body, "systemInstruction", "system_instruction") or {}
        return "".join(part.get("text", "") for part in given.get("parts", []))

    @property
    def parts(self) -> list[Json]:
        """All parts of all turns, in order."""
        return [part for turn in self.body.get("contents", []) for part in turn["parts"]]

    @property
    def text(self) -> str:
        """The prompt without its files."""
        return "\n".join(part["text"] for part in self.parts if "text" in part)

    @property
    def material(self) -> list[dict[str, Any]]:
        """The lines of JSON between the material's marks."""
        _, _, rest = self.text.partition(_BEGIN)
        inside, _, _ = rest.partition(_END)
        return [json.loads(line) for line in inside.splitlines()]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: text (or anything, as JSON), why it ended, and the tokens thought about it."""

    output: object
    reason: str = "STOP"
    thoughts: int = 5

    @property
    def text(self) -> str:
        """The text as it is sent."""
        if isinstance(self.output, str):
            return self.output
        return json.dumps(self.output, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A prompt that is not answered, for `reason`."""

    reason: str = "PROHIBITED_CONTENT"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the service shapes it."""

    code: int
    status: str
    message: str
    details: Sequence[Json] = ()

    def response(self) -> Response:
        """Return it as HTTP."""
        error = {"code": self.code, "status": self.status, "message": self.message}
        return JSONResponse({"error": error | {"details": list(self.details)}}, self.code)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A connection that is closed in the middle of its answer."""


Outcome = Reply | Blocked | Refusal | Dropped
Answer = Callable[[Task], Outcome]


class HalfAnAnswer(Response):
    """Promises more than it sends: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the beginning only."""
        del scope, receive
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"candidates": [', "more_body": True})


def delayed(
    seconds: float, quota: str = "GenerateRequestsPerMinutePerProjectPerModel", metric: str = ""
) -> Refusal:
    """Return the refusal of a used-up quota, which names the seconds to wait."""
    kind = "type.googleapis.com/google.rpc."
    violation = {"quotaMetric": metric, "quotaId": quota}
    return Refusal(
        429,
        "RESOURCE_EXHAUSTED",
        f"You exceeded your current quota. Please retry in {seconds:.9f}s.",
        (
            {"@type": f"{kind}QuotaFailure", "violations": [violation]},
            {"@type": f"{kind}RetryInfo", "retryDelay": f"{seconds:.9f}s"},
        ),
    )


BAD_KEY = Refusal(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    ({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},),
)


@dataclass(slots=True)
class Usage:
    """Tokens over all answers."""

    calls: int = 0
    prompt: int = 0
    output: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)  # answers

    def add(self, task: Task, prompt: int, output: int) -> None:
        """Count one answer."""
        self.calls += 1
        self.prompt += prompt
        self.output += output
        self.by_kind[task.kind] = self.by_kind.get(task.kind, 0) + 1
