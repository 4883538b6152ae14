"""Broker and database are killed and restarted while the services work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.faults.servers import Servers
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

Report = Callable[[Verdict], None]
_OUTAGES: dict[str, Callable[[Servers], Awaitable[None]]] = {
    "the broker killed during calls": Servers.kill_broker,
    "the broker restarted during calls": Servers.restart_broker,
    "the database killed in mid-commit": Servers.kill_database,
    "the database restarted in mid-commit": Servers.restart_database,
}


@pytest.mark.parametrize(
    "fault",
    [
        "the broker killed during calls",
        pytest.param("the broker restarted during calls", marks=pytest.mark.thorough),
        pytest.param("the database killed in mid-commit", marks=pytest.mark.thorough),
        "the database restarted in mid-commit",
    ],
)
async def test_a_server_is_away(stage: Stage, jobs: int, fault: str, report: Report) -> None:
    stage.script = replace(stage.script, seconds=1.0 if "calls" in fault else 0.0)
    await stage.start()
    await stage.door.accept(jobs)
    watching = asyncio.create_task(stage.watched())
    await stage.calls(2 * jobs)
    await _OUTAGES[fault](stage.servers)
    await watching
    # A claim may be committed whose answer is lost: the ledger then owns up to a call that was
    # never made. Eight messages are in the hands of each of three services.
    lost = 24 if "database" in fault else 0
    verdict = await stage.verdict(fault, Expected(unknown=lost))
    assert verdict.calls == verdict.units
    report(verdict)
