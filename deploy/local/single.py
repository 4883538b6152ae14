"""All five services in one process, on a broker within it: where no RabbitMQ can be had.

There is no scaling, and what the broker held is gone with the process. The next one takes over: the
ledger knows what is paid for, and the outbox has every event.
"""

import asyncio
import signal
from dataclasses import replace
from typing import Any

import uvicorn

from services.docgen import __main__ as docgen
from services.gateway import app
from services.gateway.settings import Settings as GatewaySettings
from services.progress import __main__ as progress
from services.progress.reaper import take_over
from services.progress.rows import PostgresRows
from services.transcriber import __main__ as transcriber
from services.translator import __main__ as translator
from shared import health, log
from shared.inprocess import Hub
from shared.postgres.database import PostgresDatabase
from shared.postgres.pool import pool
from shared.room import Room
from shared.routes import Service
from shared.service import Frame, serve

_CONNECTIONS = 2  # to the database, for taking over


async def main() -> None:
    """Run everything until SIGTERM or SIGINT; a part that fails ends the whole."""
    log.configure()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    services: tuple[Frame[Any, Any, Any], ...] = (
        transcriber.frame(),
        docgen.frame(),
        translator.frame(),
        progress.frame(),
    )
    frames = [_without_health(frame) for frame in services]
    settings = frames[0].settings
    async with pool(
        settings.database_url,
        size=_CONNECTIONS,
        pooler=settings.pooler,
        role=settings.database_role,
    ) as one:
        await take_over(PostgresDatabase(one, PostgresRows))
    hub, room = Hub(), Room()
    async with asyncio.TaskGroup() as running:
        for frame in frames:
            running.create_task(serve(frame, hub.connection(frame.service), stop, room))
        running.create_task(_gateway(hub, stop))


def _without_health(frame: Frame[Any, Any, Any]) -> Frame[Any, Any, Any]:
    """Leave HEALTH_PORT to the gateway: a process has one, and its metrics are everybody's."""
    return replace(frame, settings=frame.settings.model_copy(update={"health_port": 0}))


async def _gateway(hub: Hub, stop: asyncio.Event) -> None:
    # Every setting comes from the environment, which the type checker cannot see.
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
