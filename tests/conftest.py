"""A real database and a real broker of the tests' own, in `.local/test`.

Each test has a database and a broker's virtual host that nobody else uses.
"""

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.migrate import migrate
from services.gateway.settings import Settings
from tests.support import servers
from tests.support.gateway import NOWHERE, Start, serving

_STATE = Path(__file__).resolve().parent.parent / ".local" / "test"


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """The first folder that no other run of the tests is using."""
    for number in range(16):
        folder = _STATE / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return
    pytest.fail("sixteen runs of the tests are under way: end some")


@pytest.fixture(scope="session")
def postgres(state: Path) -> Iterator[str]:
    with servers.database(state) as url:
        yield url


@pytest.fixture(scope="session")
def node(state: Path) -> Iterator[servers.Node]:
    with servers.broker(state) as node:
        yield node


@pytest.fixture
def amqp_url(node: servers.Node) -> Iterator[str]:
    """A virtual host that nobody else uses, without any queue."""
    with servers.own_host(node) as url:
        yield url


@pytest.fixture
async def dsn(postgres: str) -> AsyncIterator[str]:
    """A migrated database that nobody else uses."""
    with servers.own_database(postgres) as url:
        await migrate(url)
        yield url


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
def start(dsn: str, tmp_path: Path) -> Start:
    """Serve a gateway for as long as the context lasts, by default without any broker."""

    def served(
        amqp_url: str = NOWHERE, **more: Any
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        given = {"storage_dir": tmp_path} | more
        return serving(Settings(amqp_url=amqp_url, database_url=dsn, **given))

    return served


@pytest.fixture
async def http(start: Start) -> AsyncIterator[httpx.AsyncClient]:
    async with start() as client:
        yield client
