"""Health and metrics of a service over HTTP: `/livez`, `/readyz`, `/metrics`, on HEALTH_PORT.

That port is for probes and for Prometheus, and is never published: it tells details to anybody.

Liveness says that the process turns; it ignores broker and database, since a restart mends neither.
Readiness asks both.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

_PATIENCE = 3.0  # seconds that one ping may take

# Raises or takes too long where the thing is not to be had.
Ping = Callable[[], Awaitable[object]]


async def failures(pings: Mapping[str, Ping]) -> dict[str, str]:
    """Ask all pings side by side; return what is wrong by name, empty where nothing is."""

    async def ask(ping: Ping) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await ping()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return repr(error)
        return None

    answers = await asyncio.gather(*(ask(ping) for ping in pings.values()))
    return {name: wrong for name, wrong in zip(pings, answers, strict=True) if wrong}


@dataclass(frozen=True, slots=True)
class Checks:
    """What a service is asked: `required` decides whether it is ready, `reported` is told beside.

    `refresh` brings gauges up to date before they are scraped; it raises nothing.
    """

    required: Mapping[str, Ping]
    reported: Mapping[str, Ping] = field(default_factory=dict)
    refresh: Callable[[], Awaitable[None]] | None = None

    async def ask(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return what is wrong with what is required, and how all that is only reported does."""
        wrong = await failures({**self.required, **self.reported})
        required = {name: why for name, why in wrong.items() if name in self.required}
        return required, {name: wrong.get(name, "connected") for name in self.reported}


def application(checks: Checks) -> Starlette:
    """Return the three routes, with all details: they are for who runs the installation."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        wrong, reported = await checks.ask()
        return JSONResponse({"failures": wrong, **reported}, 503 if wrong else 200)

    async def metrics(_: Request) -> Response:
        if checks.refresh is not None:
            await checks.refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/livez", live), Route("/readyz", ready), Route("/metrics", metrics)]
    )


class Server(uvicorn.Server):
    """A server within a program that deals with signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        # The worker drains on SIGTERM; uvicorn's own handler would end the process before that.
        yield


async def serve(checks: Checks, port: int, host: str) -> None:
    """Serve until cancelled; port 0 serves nothing."""
    async with serving(checks, port, host):
        await asyncio.Event().wait()


@asynccontextmanager
async def serving(checks: Checks, port: int, host: str) -> AsyncIterator[None]:
    """Serve for as long as the context lasts; port 0 serves nothing.

    Raises OSError where the port cannot be had.
    """
    if port == 0:
        yield
        return
    # Bound here: uvicorn would end the whole process by itself where it cannot.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        server = Server(
            uvicorn.Config(
                application(checks), log_level="warning", access_log=False, lifespan="off"
            )
        )
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await task
