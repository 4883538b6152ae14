"""A small double of PostgREST: reads rows as the caller, and embeds as the catalog allows.

Only what supabase-js asks for here: `select` with tables embedded one deep, `eq` and `in`, `order`,
`limit`, and one object instead of a list. The caller's id is the bearer token. How it resolves an
embedding is https://docs.postgrest.org/en/v13/references/api/resource_embedding.html: none where
there is no foreign key (400, PGRST200), none where there are several (300, PGRST201).
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.catalog import ForeignKey, between, foreign_keys

_NAME = re.compile(r"[a-z_]+")
_EMBEDDED = re.compile(r"([a-z_]+)\(([a-z_,*]+)\)|([a-z_*]+)")
_OBJECT = "application/vnd.pgrst.object+json"


class RefusedError(Exception):
    """The answer that is none: HTTP's status, and PostgREST's own code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class PostgRest:
    """Answers from one database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.application = Starlette(routes=[Route("/rest/v1/{table}", self.read)])

    async def read(self, request: Request) -> Response:
        """Answer GET /rest/v1/{table}."""
        user = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            async with self._pool.acquire() as db, db.transaction():
                keys = await foreign_keys(db)
                query, values = _query(request, keys)
                claims = json.dumps({"sub": user, "role": "authenticated"})
                await db.execute("select set_config('request.jwt.claims', $1, true)", claims)
                await db.execute("set local role authenticated")
                rows = [json.loads(row[0]) for row in await db.fetch(query, *values)]
        except RefusedError as error:
            return JSONResponse({"code": error.code, "message": str(error)}, error.status)
        if request.headers.get("accept") == _OBJECT:
            if len(rows) != 1:
                return JSONResponse({"code": "PGRST116", "message": f"{len(rows)} rows"}, 406)
            return JSONResponse(rows[0])
        return JSONResponse(rows)


def _query(request: Request, keys: list[ForeignKey]) -> tuple[str, list[Any]]:
    table, given = _name(request.path_params["table"]), dict(request.query_params)
    wanted = [
        _embedded(keys, table, other, columns) if other else _columns("t", own)
        for other, columns, own in _EMBEDDED.findall(given.pop("select", "*"))
    ]
    column, _, direction = given.pop("order", "").partition(".")
    descending = "desc" if direction == "desc" else "asc"
    order = f" order by t.{_name(column)} {descending}" if column else ""
    limit = f" limit {int(given.pop('limit'))}" if "limit" in given else ""
    conditions, values = ["true"], list[Any]()
    for name, condition in given.items():
        operator, _, value = condition.partition(".")
        values.append(value.strip("()").split(",") if operator == "in" else [value])
        conditions.append(f"t.{_name(name)}::text = any (${len(values)}::text[])")
        assert operator in {"eq", "in"}, operator
    query = f"select {' || '.join(wanted)} from {table} t where {' and '.join(conditions)}"  # noqa: S608 - names that were checked
    return query + order + limit, values


def _columns(alias: str, columns: str) -> str:
    if columns == "*":
        return f"to_jsonb({alias})"
    pairs = ", ".join(f"'{name}', {alias}.{_name(name)}" for name in columns.split(","))
    return f"jsonb_build_object({pairs})"


def _embedded(keys: list[ForeignKey], table: str, other: str, columns: str) -> str:
    found = between(keys, table, _name(other))
    if not found:
        message = f"no relationship between '{table}' and '{other}'"
        raise RefusedError(400, "PGRST200", message)
    if len(found) > 1:
        names = " or ".join(f"{other}!{key.name}" for key in found)
        message = f"more than one relationship between '{table}' and '{other}': {names}"
        raise RefusedError(300, "PGRST201", message)
    (key,) = found
    ours = key.columns if key.source == table else key.referenced
    theirs = key.referenced if key.source == table else key.columns
    joined = " and ".join(f"o.{a} = t.{b}" for a, b in zip(theirs, ours, strict=True))
    what = _columns("o", columns)
    if key.source == table or key.single:
        inner = f"(select {what} from {other} o where {joined})"  # noqa: S608 - as above
    else:
        inner = f"(select coalesce(jsonb_agg({what}), '[]') from {other} o where {joined})"  # noqa: S608
    return f"jsonb_build_object('{other}', {inner})"


def _name(given: str) -> str:
    assert _NAME.fullmatch(given), given
    return given


@asynccontextmanager
async def serving(dsn: str) -> AsyncIterator[str]:
    """Serve the double on a free port; return its project's address."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            app = PostgRest(pool).application
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            task = asyncio.create_task(server.serve([listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await task
