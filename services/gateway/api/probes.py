"""Probes on the gateway's own port, outside /api: anybody may ask, and learns only yes or no.

Why it is not ready, and the metrics, are told on HEALTH_PORT, which is not published. Ready means
that jobs can be accepted, for which the database is enough.
"""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from services.gateway.parts import Opened

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def live() -> Response:
    """Say that the process turns."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def ready(parts: Opened) -> Response:
    """Say whether requests can be served."""
    is_ready = await parts.readiness.is_ready()
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"ready": is_ready}, status)
