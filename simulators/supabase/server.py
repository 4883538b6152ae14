"""The double as one server: what a project's URL answers."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from simulators.supabase.auth import PUBLISHABLE, SECRET, Auth, User
from simulators.supabase.storage import CHUNK, Storage

__all__ = ["CHUNK", "PUBLISHABLE", "SECRET", "SupabaseDouble", "User", "legacy_key", "serving"]


class SupabaseDouble:
    """One project at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.auth = Auth(url)
        self.storage = Storage(url)
        self.application = Starlette(
            # As Supabase does, it lets pages of every site ask.
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["*"],
                    allow_headers=["*"],
                    expose_headers=["Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"],
                )
            ],
            routes=[*self.auth.routes(), *self.storage.routes()],
        )

    @property
    def objects(self) -> dict[str, bytes]:
        """What is stored, by bucket and path."""
        return self.storage.objects

    def token(self, user: object, **how: Any) -> str:
        """Sign a token for a user: see `Auth.token`."""
        return self.auth.token(user, **how)


def legacy_key(role: str) -> str:
    """Return a key as Supabase's older ones are: a JWT that names a role."""
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJl"


class _Server(uvicorn.Server):
    """A server within a program that deals with signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving(
    port: int = 0, host: str = "127.0.0.1", name: str = ""
) -> AsyncIterator[SupabaseDouble]:
    """Serve a double on a port of an interface, 0 for a free one; callers know it as `name`."""
    with socket.create_server((host, port)) as listener:
        double = SupabaseDouble(f"http://{name or host}:{listener.getsockname()[1]}")
        server = _Server(
            uvicorn.Config(double.application, log_level="warning", lifespan="off", ws="none")
        )
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield double
        finally:
            server.should_exit = True
            await task
