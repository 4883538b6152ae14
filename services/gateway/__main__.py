"""Starts the gateway: `python -m services.gateway`."""

import uvicorn

from services.gateway.app import build
from services.gateway.settings import Settings
from shared import log

if __name__ == "__main__":
    log.configure()
    settings = Settings.of_environment()
    # uvicorn ends on SIGTERM by itself: no new requests, and those in hand to their end.
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
