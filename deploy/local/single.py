"""All five services in one process, on a broker within it: where no RabbitMQ can be had.

There is no scaling, and what the broker held is gone with the process. The next one takes over: the
ledger knows what is paid for, and the outbox has every event.
"""

import asyncio
import signal

import uvicorn

from services.docgen import __main__ as docgen
from services.gateway import app
from services.gateway.settings import Settings as GatewaySettings
from services.progress import __main__ as progress
from services.progress.reaper import take_over
from services.progress.settings import Settings as ProgressSettings
from services.transcriber import __main__ as transcriber
from services.transcriber.settings import Settings as TranscriberSettings
from services.translator import __main__ as translator
from shared import health, log, postgres
from shared.batch import BatchWorker
from shared.inprocess import Hub
from shared.routes import Service
from shared.service import serve
from shared.settings import ServiceSettings
from shared.worker import Worker

_CONNECTIONS = 2  # to the database, for taking over


async def main() -> None:
    """Run everything until SIGTERM or SIGINT; a part that fails ends the whole."""
    log.configure()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Every setting comes from the environment, which the type checker cannot see.
    settings = ServiceSettings()  # type: ignore[call-arg, unused-ignore]
    async with postgres.pool(
        settings.database_url, size=_CONNECTIONS, pooler=settings.pooler
    ) as pool:
        await take_over(pool)
    hub = Hub()
    at = hub.connection
    # Each has settings of its own kind.
    transcribing = TranscriberSettings()  # type: ignore[call-arg, unused-ignore]
    folding = ProgressSettings()  # type: ignore[call-arg, unused-ignore]
    async with asyncio.TaskGroup() as running:
        for work in (
            serve(transcribing, transcriber.build, Worker, at(Service.TRANSCRIBER), stop),
            serve(settings, docgen.build, Worker, at(Service.DOCGEN), stop),
            serve(settings, translator.build, Worker, at(Service.TRANSLATOR), stop),
            serve(folding, progress.build, BatchWorker, at(Service.PROGRESS), stop),
            _gateway(hub, stop),
        ):
            running.create_task(work)


async def _gateway(hub: Hub, stop: asyncio.Event) -> None:
    settings = GatewaySettings()  # type: ignore[call-arg, unused-ignore]
    server = health.Server(
        uvicorn.Config(
            app.build(settings, hub.connection(Service.GATEWAY)),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=settings.grace_seconds,
        )
    )

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    await server.serve()
    ending.cancel()
    stop.set()  # a gateway that could not begin ends the others as well


if __name__ == "__main__":
    asyncio.run(main())
