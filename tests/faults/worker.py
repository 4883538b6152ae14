"""Starts a service with its real frame on scripted engines: `python -m tests.faults.worker NAME`.

Everything but the engines is what runs in production; the broker's adapter is wrapped.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from services.docgen import __main__ as docgen
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.gateway import app
from services.gateway.settings import Settings as GatewaySettings
from services.progress import __main__ as progress
from services.progress.handler import Progress
from services.progress.reaper import reap
from services.transcriber import __main__ as transcriber
from services.transcriber.handler import Plan, Transcriber, Window
from services.translator import __main__ as translator
from services.translator.handler import TranslateStep, Translations
from shared import log
from shared.amqp import RabbitMQ
from shared.errors import DocreelError
from shared.relay import relay_once
from shared.routes import Service
from shared.service import Frame, Parts, serve
from simulation.engines import Translating, Writing, pictures
from tests.faults.broker import Scripted
from tests.faults.engines import WINDOW, Booked, Conduct, Hearing
from tests.faults.script import Book, Fate, Script

_FRAMES: dict[Service, Callable[[], Frame[Any, Any, Any]]] = {
    Service.TRANSCRIBER: transcriber.frame,
    Service.DOCGEN: docgen.frame,
    Service.TRANSLATOR: translator.frame,
    Service.PROGRESS: progress.frame,
}


class Building:
    """Builds a service's handler as its own `build` does, on scripted engines."""

    def __init__(self, service: Service, script: Script, fate: Fate, broker: Scripted) -> None:
        self._service = service
        self._script = script
        self._broker = broker
        self._conduct = Conduct(script, service, fate, Book(Path(script.book)))

    @asynccontextmanager
    async def __call__(self, parts: Parts[Any, Any]) -> AsyncIterator[Any]:
        """Yield the handler, with what the script adds beside it."""
        async with AsyncExitStack() as beside:
            if self._script.relays:
                again = self._again(
                    lambda: relay_once(parts.database, self._broker, self._service, 0), 0.05
                )
                await beside.enter_async_context(again)
            if self._service is not Service.PROGRESS:
                yield self._worker(parts)
            elif self._script.still is None:
                yield await beside.enter_async_context(progress.build(parts))
            else:
                still = self._script.still
                await beside.enter_async_context(
                    self._again(lambda: reap(parts.database, still), 1.0)
                )
                yield Progress(parts.database)

    def _worker(self, parts: Parts[Any, Any]) -> Any:
        units, script = parts.units, self._script
        if self._service is Service.TRANSCRIBER:
            plan = Plan(parts.database, parts.storage, self._measure, WINDOW)
            return Transcriber(plan, self._booked(Window(parts.storage, Hearing())), units)
        if self._service is Service.DOCGEN:
            writing = Writing(script.chapters)
            article = ArticleStep(writing, parts.storage, pictures)
            return Documents(self._booked(OutlineStep(writing)), self._booked(article), units)
        return Translations(self._booked(TranslateStep(Translating())), units)

    def _booked(self, step: Any) -> Booked[Any]:
        return Booked(step, self._conduct)

    async def _measure(self, _: Path, /) -> float:
        return WINDOW * self._script.windows

    @staticmethod
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
    # Not kept: what a logger is bound to at import must not outlive `configure`.
    script = Script.given()
    fate = Fate(script)
    if service is Service.GATEWAY:
        await _gateway(script, fate)
        return
    frame = _FRAMES[service]()
    broker = Scripted(RabbitMQ(frame.settings.amqp_url, service), script, fate)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    building = Building(service, script, fate, broker)
    await serve(replace(frame, build=building), broker, stop)


async def _gateway(script: Script, fate: Fate) -> None:
    settings = GatewaySettings()  # type: ignore[call-arg, unused-ignore]
    broker = Scripted(RabbitMQ(settings.amqp_url, Service.GATEWAY), script, fate)
    structlog.get_logger().info("gateway_begins")
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
