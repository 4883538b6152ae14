"""Starts a service with its real frame on scripted engines: `python -m tests.faults.worker NAME`.

Everything but the engines is what runs in production; the broker's adapter is wrapped. Only what
the service needs is imported: a fault's processes start within a second.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from importlib import import_module
from typing import Any

from shared import log
from shared.amqp import RabbitMQ
from shared.errors import DocreelError
from shared.relay import relay_once
from shared.routes import Service
from shared.service import Frame, Parts, serve
from tests.faults.broker import Scripted
from tests.faults.script import Fate, Script


class Building:
    """Builds a service's handler, with what the script adds beside it."""

    def __init__(self, service: Service, script: Script, fate: Fate, broker: Scripted) -> None:
        self._service = service
        self._script = script
        self._fate = fate
        self._broker = broker

    @asynccontextmanager
    async def __call__(self, parts: Parts[Any, Any]) -> AsyncIterator[Any]:
        """Yield the handler."""
        async with AsyncExitStack() as beside:
            if self._script.relays:
                await beside.enter_async_context(self._relaying(parts))
            if self._service is Service.PROGRESS:
                yield await beside.enter_async_context(self._progress(parts))
            else:
                from tests.faults.engines import handler  # noqa: PLC0415 - see above

                built = handler(self._service, parts, self._script, self._fate)
                yield await beside.enter_async_context(built)

    def _relaying(self, parts: Parts[Any, Any]) -> Any:
        return _again(lambda: relay_once(parts.database, self._broker, self._service, 0), 0.05)

    @asynccontextmanager
    async def _progress(self, parts: Parts[Any, Any]) -> AsyncIterator[Any]:
        from services.progress.__main__ import build  # noqa: PLC0415 - see above
        from services.progress.handler import Progress  # noqa: PLC0415
        from services.progress.reaper import reap  # noqa: PLC0415

        still = self._script.still
        if still is None:
            async with build(parts) as handler:
                yield handler
        else:
            async with _again(lambda: reap(parts.database, still), 1.0):
                yield Progress(parts.database)


@asynccontextmanager
async def _again(work: Callable[[], Awaitable[object]], pause: float) -> AsyncIterator[None]:
    async def run() -> None:
        while True:
            with suppress(DocreelError):
                await work()
            await asyncio.sleep(pause)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def main(service: Service) -> None:
    """Run one service until SIGTERM."""
    log.configure()
    script = Script.given()
    fate = Fate(script)
    if service is Service.GATEWAY:
        await _gateway(script, fate)
        return
    frame: Frame[Any, Any, Any] = import_module(f"services.{service}.__main__").frame()
    settings = frame.settings
    if script.fatal:
        # One message at a time, so that one call at most is in its hands.
        settings = settings.model_copy(update={"prefetch": 1})
    broker = Scripted(RabbitMQ(settings.amqp_url, service), script, fate)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    building = Building(service, script, fate, broker)
    await serve(replace(frame, settings=settings, build=building), broker, stop)


async def _gateway(script: Script, fate: Fate) -> None:
    import uvicorn  # noqa: PLC0415 - see above

    from services.gateway import app  # noqa: PLC0415
    from services.gateway.settings import Settings  # noqa: PLC0415

    settings = Settings()  # type: ignore[call-arg, unused-ignore]
    broker = Scripted(RabbitMQ(settings.amqp_url, Service.GATEWAY), script, fate)
    config = uvicorn.Config(
        app.build(settings, broker),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(Service(sys.argv[1])))
