"""The operations page: for who runs the installation, over all organizations, without content.

Whether the caller is one is asked as the caller; only then are counts taken as the worker.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Literal

import aio_pika.exceptions
import structlog
from fastapi import APIRouter, Query, Request, Response

from services.gateway import problems
from services.gateway.access import Transaction, act_as_worker
from services.gateway.conditional import SAME, IfNoneMatch, answer_model
from services.gateway.models.operations import Costs, DeadLetter, Operations, Queue, Redriven
from services.gateway.parts import Given, Parts
from services.gateway.problems import ProblemError
from services.gateway.queries import members, operations
from services.gateway.queries.operations import Units
from services.gateway.queues import Counted
from shared import dead
from shared.routes import CONSUMERS, Service

router = APIRouter(
    prefix="/operations", tags=["operations"], responses=problems.responses(401, 403, 429)
)

Consumer = Literal["transcriber", "docgen", "translator", "progress"]

logger = structlog.get_logger()


@asynccontextmanager
async def _as_operator(parts: Parts) -> AsyncIterator[Transaction]:
    async with parts.access.transaction() as db:
        if not await members.is_operator(db):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "operators-only",
                "Only operators of the installation see this",
                "Ask who runs it to add you to the table operators (docs/supabase.md).",
            )
        await act_as_worker(db)
        yield db


@router.get("")
async def show(parts: Given) -> Operations:
    """Return queues, jobs by status, paid work and the outbox at one look."""
    async with _as_operator(parts) as db:
        units = await operations.units(db)
        jobs, oldest = await operations.jobs(db)
        outbox = await operations.outbox(db)
        waiting = await operations.webhooks_waiting(db)
    broker, counted = await parts.queues.counted()
    return Operations(
        broker=broker,
        queues=[
            _queue(service, counted.get(service, Counted()), units.get(service, Units()))
            for service in CONSUMERS
        ],
        jobs=jobs,
        oldest_job_seconds=oldest,
        outbox=outbox,
        webhooks_waiting=waiting,
    )


def _queue(service: Service, counted: Counted, units: Units) -> Queue:
    return Queue(
        service=service,
        waiting=counted.waiting,
        unacked=counted.unacked,
        delayed=counted.delayed,
        dead=counted.dead,
        consumers=counted.consumers,
        units_running=units.running,
        units_waiting=units.waiting,
        units_failed_today=units.failed_today,
        oldest_unit_seconds=units.oldest_seconds,
    )


@router.get("/costs", response_model=Costs, responses=SAME)
async def costs(
    parts: Given,
    request: Request,
    days: Annotated[int, Query(ge=1, le=366)] = 14,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return what was spent in each of the last days, oldest first, today at the end.

    It sums all calls of those days: to be asked once in a minute, not as often as the rest.
    """
    del if_none_match  # read from the request, and named here to be described
    async with _as_operator(parts) as db:
        return answer_model(request, Costs(days=await operations.spent_by_day(db, days)))


@router.get("/dead/{service}", responses=problems.responses(404, 503))
async def letters(parts: Given, service: Consumer) -> list[DeadLetter]:
    """Return a service's dead letters with their reasons; they stay where they are."""
    async with _as_operator(parts):
        pass
    async with _broker(parts) as url:
        found = await dead.letters(url, Service(service))
    return [
        DeadLetter(
            message_id=one.message_id,
            kind=one.kind,
            job_id=one.job_id,
            reason=one.reason,
            published_at=one.published_at,
        )
        for one in found
    ]


@router.post("/dead/{service}/redrive", responses=problems.responses(404, 503))
async def redrive(parts: Given, service: Consumer) -> Redriven:
    """Put a service's dead letters back to work, each counted as a first attempt."""
    async with _as_operator(parts):
        pass
    async with _broker(parts) as url:
        count = await dead.redriven(url, Service(service))
    logger.info("dead_letters_redriven", dead_of=service, count=count)
    return Redriven(service=service, count=count)


@asynccontextmanager
async def _broker(parts: Parts) -> AsyncIterator[str]:
    url = parts.queues.amqp_url
    if url is None:
        raise problems.not_found(
            what="dead-letter queue", listing="a broker of its own (set AMQP_URL): it"
        )
    try:
        yield url
    except (aio_pika.exceptions.AMQPError, OSError) as error:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "broker-unavailable",
            "The broker cannot be reached",
            "Send the request again when GET /api/operations says that it is connected.",
            {"Retry-After": "5"},
        ) from error
