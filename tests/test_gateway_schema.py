"""The OpenAPI document against what the gateway does: schemathesis tries what it can think of."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from shared import topology
from simulators.supabase import server as supabase
from simulators.supabase.server import SECRET
from tests.support.gateway import Start, own_rows, rows_of_project
from tests.support.services import ROOT

pytestmark = pytest.mark.integration

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


async def tried(http: httpx.AsyncClient, ids: Mapping[str, UUID], *more: str) -> tuple[int, str]:
    """Run schemathesis; return its exit status and what it printed."""
    real = {f"{name}_id": str(found) for name, found in ids.items()}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        "run",
        f"{http.base_url}/openapi.json",
        f"--checks={','.join(_CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=12",
        "--seed=1",
        "--workers=1",
        "--request-timeout=20",
        "--no-color",
        # It does not end while its job runs.
        "--exclude-path=/api/jobs/{job_id}/stream",
        *more,
        cwd=ROOT,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.support.real_ids",
            "PYTHONPATH": str(ROOT),
            "DOCREEL_REAL_IDS": json.dumps(real | {"language": "en"}),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def ready(db: asyncpg.Connection, ids: dict[str, UUID]) -> None:
    """Let most requests find what they need."""
    await db.execute("update videos set probed_at = now()")
    await db.execute("update processing_jobs set status = 'completed'")
    ids["webhook"] = await db.fetchval(
        """insert into webhooks (project_id, url, events, secret)
           values ($1, 'https://example.org', '{job.failed}', 'x') returning id""",
        ids["project"],
    )


async def test_no_answer_is_an_error_or_undocumented(
    start: Start, db: asyncpg.Connection, amqp_url: str
) -> None:
    await topology.declare(amqp_url)
    async with start(amqp_url) as http:
        ids = await own_rows(http, db)
        await ready(db, ids)
        status, said = await tried(http, ids)
    assert status == 0, said


async def test_the_same_where_users_log_in(start: Start, db: asyncpg.Connection) -> None:
    ids = {name: uuid4() for name in ("org", "project", "video", "job", "chapter", "article")}
    user = uuid4()
    await db.execute("insert into organizations (id, name) values ($1, 'Ours')", ids["org"])
    await db.execute(
        "insert into org_members (org_id, user_id, role) values ($1, $2, 'owner')", ids["org"], user
    )
    await rows_of_project(db, ids)
    await ready(db, ids)
    async with (
        supabase.serving() as project,
        start(
            supabase_url=project.url,
            supabase_secret_key=SECRET,
            storage_dir=None,
            requests_per_minute=0,
        ) as http,
    ):
        token = project.token(user)
        status, said = await tried(http, ids, f"--header=Authorization: Bearer {token}")
        assert status == 0, said
        status, said = await tried(http, ids)
        assert status == 0, said
