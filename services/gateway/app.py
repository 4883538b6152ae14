"""The gateway's application: what it opens at its start, and its routers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from services.gateway import keeping, local, pages, problems
from services.gateway.access import Access
from services.gateway.api import (
    articles,
    content,
    engine,
    exports,
    invitations,
    jobs,
    media,
    members,
    operations,
    printing,
    probes,
    projects,
    reports,
    subtitle_files,
    uploads,
    usage,
    videos,
    watching,
    webhooks,
)
from services.gateway.courier import Courier
from services.gateway.headers import LargeBodies, SafeHeaders
from services.gateway.limits import Rate
from services.gateway.media import MediaLinks, signing_key
from services.gateway.newcomers import Newcomers
from services.gateway.parts import Parts
from services.gateway.printing import Printer
from services.gateway.probe import Prober
from services.gateway.queues import Queues
from services.gateway.readiness import Readiness, checks
from services.gateway.settings import Settings
from services.gateway.tokens import Tokens
from services.gateway.traced import TracedRequests
from services.gateway.uploads import Uploads
from services.gateway.version import VERSION
from shared import health, storage, tracing
from shared.amqp import RabbitMQ
from shared.broker import Connectable
from shared.postgres.database import PostgresDatabase
from shared.postgres.pool import pool
from shared.routes import Service

logger = structlog.get_logger()

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")

# What a page of another site may read of an answer, and send with a request.
_TOLD = (
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "Content-Disposition",
    "Tus-Resumable",
    "Upload-Offset",
    "Upload-Length",
)
_SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Range",
    "Tus-Resumable",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Metadata",
)


def _name_of(route: APIRoute) -> str:
    """Name an operation for generated clients: `jobs_show`, not the whole of its path."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def build(settings: Settings, broker: Connectable | None = None) -> FastAPI:
    """Return the application, on `broker` or on RabbitMQ at the settings' address.

    It opens nothing before its lifespan begins.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        structlog.contextvars.bind_contextvars(service=Service.GATEWAY.value)
        async with AsyncExitStack() as opened:
            connections = await opened.enter_async_context(
                pool(
                    settings.database_url,
                    size=settings.pool_size,
                    pooler=settings.pooler,
                    role=settings.database_role,
                )
            )
            database = PostgresDatabase(connections, lambda _: None)
            if not settings.accounts:
                if settings.host not in _THIS_MACHINE:
                    logger.warning("everybody_is_the_local_user", host=settings.host)
                await local.seed(connections, settings)
            stored = await opened.enter_async_context(storage.opened(settings))
            courier = Courier(database, broker or RabbitMQ(settings.amqp_url, Service.GATEWAY))
            asked = checks(connections, courier.ping)
            app.state.parts = Parts(
                settings=settings,
                pool=connections,
                access=Access.of(connections, settings.local_user_id),
                courier=courier,
                storage=stored,
                uploads=Uploads(stored) if isinstance(stored, storage.Folder) else None,
                tokens=Tokens.of(settings) if settings.accounts else None,
                newcomers=Newcomers.of(connections, settings),
                media=MediaLinks(await signing_key(connections), settings.media_link_seconds),
                rate=Rate(settings.rate),
                prober=Prober(),
                printer=Printer(),
                queues=Queues.of(settings, in_process=broker is not None),
                readiness=Readiness(asked),
            )
            # Not awaited: jobs are accepted while the broker is down.
            opened.enter_context(tracing.running(Service.GATEWAY))
            await opened.enter_async_context(courier.running())
            await opened.enter_async_context(keeping.running(connections, settings, stored))
            await opened.enter_async_context(
                health.serving(asked, settings.health_port, settings.health_host)
            )
            logger.info("gateway_ready", accounts=settings.accounts)
            yield
            logger.info("gateway_ending")

    app = FastAPI(
        title="Docreel",
        version=VERSION,
        description="Turns videos into documentation, subtitles and translations.",
        lifespan=lifespan,
        generate_unique_id_function=_name_of,
        responses=problems.responses(413, 422, 500, 503),
    )
    problems.install(app)
    app.add_middleware(LargeBodies, most=settings.max_body_bytes)
    app.add_middleware(SafeHeaders)
    app.add_middleware(TracedRequests)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=_SENT,
            expose_headers=_TOLD,
            max_age=3600,
        )
    # Here and not on the application, whose refusal no middleware would see.
    api = APIRouter(prefix="/api", max_body_size=settings.max_body_bytes)
    # Jobs come before videos: /videos/process is a fixed name among ids. Media comes before
    # content: its subtitles' endings would be a part of the language there.
    for resource in (
        engine,
        projects,
        usage,
        jobs,
        watching,
        exports,
        printing,
        media,
        videos,
        content,
        reports,
        subtitle_files,
        uploads,
        articles,
        webhooks,
        members,
        invitations,
        operations,
    ):
        api.include_router(resource.router)
    app.include_router(api)
    app.include_router(probes.router)
    # Last: it answers at every address that is nothing else.
    pages.serve(app, settings)
    app.openapi = partial(problems.describe, app)  # type: ignore[method-assign]
    return app
