"""The Files API: the resumable upload protocol, processing, expiry and deletion."""

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@dataclass(slots=True)
class StoredFile:
    """A file on its way or there; `size` is what the client said that it will have, in bytes."""

    name: str
    path: Path
    mime_type: str
    size: int
    display_name: str = ""
    received: int = 0
    active_at: float = float("inf")  # on the monotonic clock
    failed: bool = False
    polls: int = 0

    @property
    def state(self) -> str:
        """PROCESSING, ACTIVE or FAILED."""
        if self.failed:
            return "FAILED"
        return "ACTIVE" if time.monotonic() >= self.active_at else "PROCESSING"


@dataclass(slots=True)
class Files:
    """All files of a project, kept in `folder`; `processing` is how long one is PROCESSING."""

    url: str
    folder: Path
    processing: float = 0.1  # seconds
    failing: deque[bool] = field(default_factory=deque)  # whether the next ones end as FAILED
    all: dict[str, StoredFile] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)  # names deleted by the client, in order
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def left(self) -> list[str]:
        """Names of complete files that nobody has deleted."""
        return [name for name, file in self.all.items() if file.received == file.size]

    def forget(self, name: str) -> None:
        """Let a file expire."""
        self.all.pop(name).path.unlink(missing_ok=True)

    def described(self, file: StoredFile) -> dict[str, Any]:
        """Return a file as the service describes it."""
        found: dict[str, Any] = {
            "name": f"files/{file.name}",
            "displayName": file.display_name,
            "uri": f"{self.url}/v1/files/{file.name}",
            "mimeType": file.mime_type,
            "sizeBytes": str(file.size),
            "state": file.state,
        }
        if file.failed:
            found["error"] = {"code": 3, "message": "The file could not be decoded."}
        return found

    async def begin(self, request: Request) -> Response:
        """Answer an upload's start with the address for its bytes."""
        described = (await request.json()).get("file", {})
        headers = request.headers
        name = (described.get("name") or f"files/f{next(self._numbers)}").removeprefix("files/")
        if name in self.all:
            return _error(409, "ALREADY_EXISTS", f"The file {name} is there already.")
        self.all[name] = StoredFile(
            name,
            self.folder / name,
            headers["x-goog-upload-header-content-type"],
            int(headers["x-goog-upload-header-content-length"]),
            described.get("display_name") or described.get("displayName") or "",
        )
        (self.folder / name).write_bytes(b"")
        address = f"{self.url}/upload/v1/sessions/{name}"
        return JSONResponse(
            {}, headers={"x-goog-upload-url": address, "x-goog-upload-status": "active"}
        )

    async def receive(self, request: Request) -> Response:  # noqa: PLR0911 - a case each
        """Take a chunk at its offset, end the upload, or tell how far it is."""
        file = self.all.get(request.path_params["name"])
        if file is None:
            return _error(404, "NOT_FOUND", "There is no such upload.")
        commands = {one.strip() for one in request.headers["x-goog-upload-command"].split(",")}
        if "cancel" in commands:
            self.forget(file.name)
            return _status("cancelled", file)
        if "query" in commands:
            over = file.received == file.size
            return _status("final" if over else "active", file)
        if "upload" in commands:
            if int(request.headers["x-goog-upload-offset"]) != file.received:
                return _error(400, "INVALID_ARGUMENT", f"The offset is {file.received}.")
            await self._take(request, file)
        if "finalize" not in commands:
            return _status("active", file)
        if file.received != file.size:
            return _error(400, "INVALID_ARGUMENT", f"{file.size - file.received} bytes are missing")
        file.failed = bool(self.failing) and self.failing.popleft()
        file.active_at = time.monotonic() + self.processing
        return _status("final", file, {"file": self.described(file)})

    @staticmethod
    async def _take(request: Request, file: StoredFile) -> None:
        with file.path.open("ab") as kept:
            async for chunk in request.stream():
                kept.write(chunk)
                file.received += len(chunk)

    async def show(self, request: Request) -> Response:
        """Describe a file."""
        file = self.all.get(request.path_params["name"])
        if file is None:
            return _no_access(request.path_params["name"])
        file.polls += 1
        return JSONResponse(self.described(file))

    async def listed(self, _: Request) -> Response:
        """Describe all files."""
        return JSONResponse({"files": [self.described(file) for file in self.all.values()]})

    async def delete(self, request: Request) -> Response:
        """Delete a file."""
        name = request.path_params["name"]
        if name not in self.all:
            return _no_access(name)
        self.forget(name)
        self.gone.append(name)
        return JSONResponse({})


def _status(status: str, file: StoredFile, body: dict[str, Any] | None = None) -> Response:
    headers = {"x-goog-upload-status": status, "x-goog-upload-size-received": str(file.received)}
    return JSONResponse(body or {}, headers=headers)


def _no_access(name: str) -> Response:
    message = f"You do not have permission to access the File {name} or it may not exist."
    return _error(403, "PERMISSION_DENIED", message)


def _error(code: int, status: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "status": status, "message": message}}, code)
