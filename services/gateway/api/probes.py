"""Health and metrics, on the gateway's own port and outside /api.

Ready means that jobs can be accepted, for which the database is enough: the broker's state is
told, and not required.
"""

from http import HTTPStatus

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.gateway import gauges
from services.gateway.parts import Given
from shared import health
from shared.postgres.pool import AWAY

logger = structlog.get_logger()

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def live() -> Response:
    """Say that the process turns."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def ready(parts: Given) -> Response:
    """Say whether requests can be served."""
    wrong = await health.failures(
        {"database": lambda: parts.pool.fetchval("select 1"), "broker": parts.courier.ping}
    )
    required = {name: why for name, why in wrong.items() if name != "broker"}
    status = HTTPStatus.SERVICE_UNAVAILABLE if required else HTTPStatus.OK
    told = {"failures": required, "broker": wrong.get("broker", "connected")}
    return JSONResponse(told, status)


@router.get("/metrics")
async def metrics(parts: Given) -> Response:
    """Return the process's metrics for Prometheus, and what the database knows of the whole."""
    try:
        await gauges.refresh(parts.pool)
    except AWAY as error:
        # The process's own are the more wanted then; the others stay as they were last.
        logger.warning("gauges_not_refreshed", reason=repr(error))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
