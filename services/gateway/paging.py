"""Pages by cursor: where the last page ended, so that rows that come meanwhile shift nothing."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from services.gateway.problems import ProblemError

Limit = Annotated[int, Query(ge=1, le=500, description="rows on a page")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="the last page's `next_cursor`; none: the first")
]
Place = tuple[datetime, UUID]


T = TypeVar("T", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """Some rows of a list, and where the next ones begin."""

    items: list[T]
    next_cursor: str | None = Field(description="null on the last page")


def place(cursor: str | None) -> Place | tuple[None, None]:
    """Return where a page begins. Raises ProblemError (422) for what is no cursor."""
    if cursor is None:
        return None, None
    try:
        at, _, row = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid-request",
            "Not a cursor",
            "Send the `next_cursor` of the page before, or none for the first page.",
        ) from error


def page(rows: Sequence[T], limit: int, by: str = "created_at") -> Page[T]:
    """Return a page of `limit` rows, of which `rows` holds one more where there are more.

    `by` is the field that they are ordered by, before their ids.
    """
    if len(rows) <= limit:
        return Page(items=list(rows), next_cursor=None)
    last = rows[limit - 1]
    at, row = getattr(last, by).isoformat(), getattr(last, "id")  # noqa: B009 - as any row has
    told = base64.urlsafe_b64encode(f"{at} {row}".encode()).decode()
    return Page(items=list(rows[:limit]), next_cursor=told)
