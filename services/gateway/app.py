"""The gateway's application: what it opens at its start, and its routers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import APIRouter, FastAPI

from services.gateway import local, problems
from services.gateway.access import Access
from services.gateway.api import articles, engine, health, jobs, projects, uploads, usage, videos
from services.gateway.courier import Courier
from services.gateway.parts import Parts
from services.gateway.settings import Settings
from services.gateway.uploads import Uploads
from shared.amqp import RabbitMQ
from shared.broker import Connectable
from shared.postgres.database import PostgresDatabase
from shared.postgres.pool import pool
from shared.routes import Service
from shared.storage import Folder

logger = structlog.get_logger()


def build(settings: Settings, broker: Connectable | None = None) -> FastAPI:
    """Return the application, on `broker` or on RabbitMQ at the settings' address.

    It opens nothing before its lifespan begins.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool(
            settings.database_url, size=settings.pool_size, pooler=settings.pooler
        ) as connections:
            structlog.contextvars.bind_contextvars(service=Service.GATEWAY.value)
            await local.seed(connections, settings)
            database = PostgresDatabase(connections, lambda _: None)
            courier = Courier(database, broker or RabbitMQ(settings.amqp_url, Service.GATEWAY))
            folder = Folder(settings.storage_dir)
            access = Access(connections, settings.local_user_id)
            app.state.parts = Parts(settings, connections, access, courier, folder, Uploads(folder))
            # Not awaited: jobs are accepted while the broker is down.
            async with courier.running():
                logger.info("gateway_ready")
                yield
                logger.info("gateway_ending")

    app = FastAPI(
        title="Docreel",
        version="0.1.0",
        description="Turns videos into documentation, subtitles and translations.",
        lifespan=lifespan,
        responses=problems.responses(422, 500, 503),
    )
    problems.install(app)
    api = APIRouter(prefix="/api")
    # Jobs come before videos: /videos/process is a fixed name among ids.
    for resource in (engine, projects, usage, jobs, videos, uploads, articles):
        api.include_router(resource.router)
    app.include_router(api)
    app.include_router(health.router)
    app.openapi = partial(problems.describe, app)  # type: ignore[method-assign]
    return app
