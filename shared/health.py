"""Health and metrics of a worker over HTTP: `/livez`, `/readyz`, `/metrics`.

Liveness says that the process turns; it ignores broker and database, since a restart mends neither.
Readiness asks both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

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


def application(pings: Mapping[str, Ping]) -> Starlette:
    """Return the three routes."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        wrong = await failures(pings)
        return JSONResponse({"failures": wrong}, 503 if wrong else 200)

    async def metrics(_: Request) -> Response:
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


async def serve(pings: Mapping[str, Ping], port: int, host: str) -> None:
    """Serve until cancelled; port 0 serves nothing."""
    if port == 0:
        await asyncio.Event().wait()
    config = uvicorn.Config(
        application(pings),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    await Server(config).serve()
