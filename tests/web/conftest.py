"""Stacks whose page is walked through: one a module, with a database and a broker of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local import web
from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.web.served import Served
from tests.web.walks import Site, built


@pytest.fixture(scope="module")
def builder() -> web.Node:
    return built()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site.served() as served:
        yield served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def environment(
    builder: web.Node,  # noqa: ARG001 - built before a gateway looks for it
    postgres: str,
    node: servers.Node,
    site: Site,
    folder: Path,
) -> Iterator[dict[str, str]]:
    """What the services of a stack are told."""
    with servers.own_database(postgres) as dsn, servers.own_host(node) as amqp_url:
        servers.run_alone(migrate(dsn))
        servers.run_alone(declare(amqp_url))
        (folder / "storage").mkdir()
        yield {
            "AMQP_URL": amqp_url,
            "DATABASE_URL": dsn,
            "STORAGE_DIR": str(folder / "storage"),
            "LEASE_SECONDS": "3",
            "CORS_ORIGINS": json.dumps([site.url]),
        }


@contextmanager
def running(served: Served, ready: Callable[[], None]) -> Iterator[Served]:
    """Run all services of a stack for as long as the context lasts."""
    try:
        served.start("gateway", *CONSUMERS)
        ready()
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="module")
def stack(environment: dict[str, str], folder: Path) -> Iterator[Served]:
    served = Served(environment, folder)
    with running(served, served.await_languages):
        yield served
