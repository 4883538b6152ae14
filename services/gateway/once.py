"""A request that creates something is answered once: repeated with its key, the same answer.

The key is written in the transaction that creates, so that of many at once one creates, and the
others wait for its end and are given its answer.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

import asyncpg
import orjson
from fastapi import Header, Response
from pydantic import BaseModel

from services.gateway.access import Access, Transaction, act_as_worker
from services.gateway.problems import ProblemError
from shared.events import Event

KEPT_HOURS = 24

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="of the client's choice; the same key and body again: the same answer",
    ),
]


@dataclass(frozen=True, slots=True)
class Made:
    """What a request made: the answer, and the events that follow once it is committed."""

    status: HTTPStatus
    body: BaseModel
    headers: dict[str, str] = field(default_factory=dict)
    events: Sequence[Event] = ()


Make = Callable[[Transaction], Awaitable[Made]]


@dataclass(frozen=True, slots=True)
class Once:
    """One request of a caller: its `key` if it has one, and what it asks for."""

    access: Access
    key: str | None
    operation: str
    wanted: BaseModel | None = None

    async def answer(self, make: Make) -> tuple[Response, Sequence[Event]]:
        """Make what is asked for, in one transaction, or return the answer of the first time.

        Raises ProblemError (422) for the key of another request, and what `make` raises: then
        nothing is made, and the key is free again.
        """
        async with self.access.as_worker() as db:
            if self.key is not None:
                known = await self._known(db)
                if known is not None:
                    return known, ()
            await self.access.act_as_caller(db)
            made = await make(db)
            body = made.body.model_dump_json()
            if self.key is not None:
                await act_as_worker(db)
                await self._keep(db, made, body)
        return _response(made.status, body, made.headers), made.events

    async def _known(self, db: Transaction) -> Response | None:
        # Waits here for a transaction that has written the same key and not ended.
        mine = await db.fetchval(
            """insert into idempotency_keys (user_id, key, request) values ($1, $2, $3)
               on conflict (user_id, key) do nothing returning true""",
            self.access.user_id,
            self.key,
            self._request,
        )
        if mine:
            return None
        row = await db.fetchrow(
            """select request, status, headers, body from idempotency_keys
               where user_id = $1 and key = $2""",
            self.access.user_id,
            self.key,
        )
        if row is None:
            # It was cleared away in this very moment: the client may send it again.
            message = "the idempotency key is gone"
            raise asyncpg.InterfaceError(message)
        if row["request"] != self._request:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The Idempotency-Key belongs to another request",
                "Send each new request with a new key, and a repeated one unchanged.",
            )
        return _response(row["status"], row["body"], orjson.loads(row["headers"]))

    async def _keep(self, db: Transaction, made: Made, body: str) -> None:
        await db.execute(
            """update idempotency_keys set status = $3, headers = $4, body = $5
               where user_id = $1 and key = $2""",
            self.access.user_id,
            self.key,
            int(made.status),
            orjson.dumps(made.headers).decode(),
            body,
        )

    @property
    def _request(self) -> str:
        asked = "" if self.wanted is None else self.wanted.model_dump_json()
        return hashlib.sha256(f"{self.operation}\n{asked}".encode()).hexdigest()


def _response(status: int, body: str, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, media_type="application/json")


async def forget_old(pool: asyncpg.Pool) -> None:
    """Clear away the keys that are too old to be repeated."""
    await pool.execute(
        "delete from idempotency_keys where created_at < now() - make_interval(hours => $1)",
        KEPT_HOURS,
    )
