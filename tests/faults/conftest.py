"""The fault tests' stage, and how many jobs play on it."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.local.processes import ServerMissing
from deploy.migrate import migrate
from shared.topology import declare
from tests.faults.servers import Servers
from tests.faults.stage import Stage
from tests.faults.verdict import Verdict
from tests.support.servers import own_database, own_host

_JOBS = "DOCREEL_FAULT_JOBS"  # set by `make faults`, which also runs the thorough ones
_RESULTS = "DOCREEL_FAULT_RESULTS"  # the file that its table is made of
_FEW = 5


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _JOBS in os.environ:
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    if thorough:
        config.hook.pytest_deselected(items=thorough)
        items[:] = [item for item in items if item not in thorough]


@pytest.fixture(scope="session")
def jobs() -> int:
    """How many jobs each fault meets."""
    return int(os.environ.get(_JOBS, _FEW))


@pytest.fixture(scope="session")
def servers(state: Path) -> Iterator[Servers]:
    servers = Servers(state / "faults")
    try:
        servers.start()
    except ServerMissing as error:
        pytest.skip(f"these tests kill a broker of their own: {error}")
    yield servers
    servers.stop()


@pytest.fixture
async def stage(servers: Servers, tmp_path: Path) -> AsyncIterator[Stage]:
    with own_host(servers) as amqp_url, own_database(servers.dsn) as dsn:
        await declare(amqp_url)
        await migrate(dsn)
        stage = Stage(servers, amqp_url, dsn, tmp_path)
        await stage.prepare()
        yield stage
        await stage.close()


@pytest.fixture
def report() -> Callable[[Verdict], None]:
    """Where a verdict goes: into the table, where one is being made."""

    def write(verdict: Verdict) -> None:
        file = os.environ.get(_RESULTS)
        if file:
            with Path(file).open("a") as out:
                out.write(json.dumps(asdict(verdict)) + "\n")

    return write
