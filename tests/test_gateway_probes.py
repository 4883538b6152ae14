"""Probes and metrics: anybody learns whether the gateway is ready, and nothing else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.local.processes import free_ports
from simulators.supabase.server import SECRET, SupabaseDouble
from simulators.supabase.server import serving as double
from tests.support.gateway import Start, eventually, health, problem

pytestmark = pytest.mark.integration


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with double() as served:
        yield served


async def test_with_accounts_strangers_learn_whether_it_is_ready_and_nothing_else(
    start: Start, project: SupabaseDouble, dsn: str
) -> None:
    (port,) = free_ports(1)
    async with start(
        supabase_url=project.url, supabase_secret_key=SECRET, storage_dir=None, health_port=port
    ) as http:
        wrong = {"Authorization": "Bearer garbage"}
        for headers in ({}, wrong, {"Authorization": f"Bearer {project.token(uuid4())}"}):
            assert (await http.get("/livez", headers=headers)).text == "ok"
            told = await http.get("/readyz", headers=headers)
            assert (told.status_code, told.json()) == (200, {"ready": True})
        # Metrics are on their own port alone: here that is an address like any other, at which the
        # page is where it is built.
        assert "docreel_jobs" not in (await http.get("/metrics")).text
        assert (await http.get("/api/metrics")).status_code == 404
        # Those who run it are told of the broker, too, which no request needs.
        details = await health(port)
        assert details["failures"] == {}
        assert details["broker"] != "connected"
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operator:
            metrics = (await operator.get("/metrics")).text
        assert "docreel_outbox_relayed_total" in metrics
        assert "docreel_jobs{" in metrics  # which strangers were not told above
        # The database goes away: strangers learn just that it is not ready.
        await _refuse_connections(dsn)

        async def not_ready() -> bool:
            told = await http.get("/readyz")
            return (told.status_code, told.json()) == (503, {"ready": False})

        await eventually(not_ready)
        assert "database" in (await health(port))["failures"]


async def _refuse_connections(dsn: str) -> None:
    name = dsn.rpartition("/")[2]
    admin = await asyncpg.connect(dsn.rpartition("/")[0] + "/postgres")
    try:
        await admin.execute(f'alter database "{name}" with allow_connections false')
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
        )
    finally:
        await admin.close()


async def test_probes_do_not_use_up_what_a_user_may_ask(start: Start) -> None:
    async with start(requests_per_minute=5) as http:
        for _ in range(20):
            assert (await http.get("/readyz")).status_code == 200
        assert (await http.get("/api/me")).status_code == 200
        for _ in range(5):
            last = await http.get("/api/me")
        problem(last, 429)
