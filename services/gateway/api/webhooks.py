"""Webhooks: who is told when a project's jobs end."""

import base64
import secrets
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway import problems
from services.gateway.access import Transaction
from services.gateway.api.projects import no_project
from services.gateway.destinations import ForbiddenDestinationError, resolved
from services.gateway.models.webhooks import CreatedWebhook, Delivery, NewWebhook, Webhook
from services.gateway.once import Key, Made, Once
from services.gateway.paging import Cursor, Limit, Page, page, place
from services.gateway.parts import Given
from services.gateway.problems import ProblemError
from services.gateway.queries import projects, webhooks

router = APIRouter(tags=["webhooks"], responses=problems.responses(401, 404, 429))

_SECRET_BYTES = 24  # as Standard Webhooks has it


def _no_webhook() -> ProblemError:
    return problems.not_found(what="webhook", listing="GET /api/projects/<id>/webhooks")


@router.get("/projects/{project_id}/webhooks")
async def listed(parts: Given, project_id: UUID) -> list[Webhook]:
    """Return a project's webhooks, oldest first, without their secrets."""
    async with parts.access.transaction() as db:
        if not await projects.exists(db, project_id):
            raise no_project()
        return await webhooks.listed(db, project_id)


@router.post(
    "/projects/{project_id}/webhooks",
    status_code=HTTPStatus.CREATED,
    response_model=CreatedWebhook,
    responses=problems.responses(403),
)
async def create(parts: Given, project_id: UUID, wanted: NewWebhook, key: Key = None) -> Response:
    """Create a webhook. Its secret is in this answer and in no other: keep it.

    Each ending of a job is one POST, signed as https://www.standardwebhooks.com says, and tried
    again for about a day and a half until it is answered with 2xx.
    """

    async def make(db: Transaction) -> Made:
        await projects.enter(db, project_id)
        writer = await projects.is_writer(db, project_id)
        if writer is None:
            raise no_project()
        if not writer:
            raise problems.forbidden()
        try:
            await resolved(wanted.url, private=parts.settings.webhook_private_addresses)
        except ForbiddenDestinationError as error:
            raise _refusal(why=str(error)) from error
        except (OSError, UnicodeError) as error:
            raise _refusal(why="its host's name stands for no address: correct it") from error
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
        made = await webhooks.create(db, project_id, wanted, secret)
        location = {"Location": f"/api/webhooks/{made.id}"}
        return Made(
            HTTPStatus.CREATED, CreatedWebhook(**made.model_dump(), secret=secret), location
        )

    answer, _ = await Once(parts.access, key, f"create webhook {project_id}", wanted).answer(make)
    return answer


def _refusal(*, why: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "webhook-destination",
        "Not a place that a webhook may go to",
        f"Choose another URL: {why}.",
    )


@router.delete(
    "/webhooks/{webhook_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems.responses(403),
)
async def remove(parts: Given, webhook_id: UUID) -> None:
    """Remove a webhook; what was not delivered yet is given up."""
    async with parts.access.transaction() as db:
        writer = await webhooks.is_writer(db, webhook_id)
        if writer is None:
            raise _no_webhook()
        if not writer:
            raise problems.forbidden()
        await webhooks.remove(db, webhook_id)


@router.get("/webhooks/{webhook_id}/deliveries")
async def deliveries(
    parts: Given, webhook_id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[Delivery]:
    """Return what was or is to be delivered, newest first."""
    after = place(cursor)
    async with parts.access.transaction() as db:
        if await webhooks.is_writer(db, webhook_id) is None:
            raise _no_webhook()
        return page(await webhooks.deliveries(db, webhook_id, after, limit), limit)
