"""What the database knows of the whole installation, as gauges for Prometheus."""

import asyncpg

from services.gateway.queries import operations
from services.gateway.queries.operations import Units
from shared import metrics
from shared.routes import Service

_WORKERS = (Service.TRANSCRIBER, Service.DOCGEN, Service.TRANSLATOR)


async def refresh(pool: asyncpg.Pool) -> None:
    """Set the gauges; raises what asyncpg does where the database is away."""
    async with pool.acquire() as db:
        units, (jobs, _) = await operations.units(db), await operations.jobs(db)
        outbox, expired = await operations.outbox(db), await operations.expired_leases(db)
        still = await operations.longest_still(db)
        webhooks = await operations.webhooks_waiting(db)
    for service in _WORKERS:
        of_service = units.get(service.value, Units())
        for state, count in (
            ("running", of_service.running),
            ("waiting", of_service.waiting),
            ("failed", of_service.failed_today),
        ):
            metrics.UNITS.labels(service.value, state).set(count)
        metrics.EXPIRED_LEASES.labels(service.value).set(expired.get(service.value, 0))
    for status, count in jobs.items():
        metrics.JOBS.labels(status).set(count)
    metrics.OUTBOX_UNPUBLISHED.set(outbox.unpublished)
    metrics.OUTBOX_OLDEST.set(outbox.oldest_seconds or 0)
    metrics.JOB_STILL.set(still)
    metrics.WEBHOOKS_WAITING.set(webhooks)
