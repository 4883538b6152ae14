"""The tests' database and broker: the environment's, else private ones, else a container."""

import asyncio
import base64
import os
import signal
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import asyncpg
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import ServerMissing, free_ports
from deploy.local.rabbitmq import PrivateNode

T = TypeVar("T")

_DATABASE = "DOCREEL_TEST_DATABASE_URL"
_AMQP, _MANAGEMENT = "DOCREEL_TEST_AMQP_URL", "DOCREEL_TEST_AMQP_MANAGEMENT_URL"
_CONTAINED = "DOCREEL_TEST_BROKER"  # "container": whether or not a server is installed
_USER = "guest"  # RabbitMQ's own, who may come from this machine only


class Node(Protocol):
    """A RabbitMQ server that tests may use, and kill."""

    url: str
    management_url: str

    def halt(self) -> None:
        """End the server as a power cut would."""

    def resume(self) -> None:
        """Start it again on its data."""

    def crash(self) -> None:
        """Do both. Call all three from the main thread: a private node ends with its starter."""


@dataclass
class Given:
    """A server that the environment names: it is not ours to kill."""

    url: str
    management_url: str

    def halt(self) -> None:
        """Raise: somebody else's server is left alone."""
        message = f"unset {_AMQP}: this test kills its broker"
        raise RuntimeError(message)

    def resume(self) -> None:
        """Do nothing: it was not ended."""

    def crash(self) -> None:
        """Raise, as `halt`."""
        self.halt()


class Private:
    """A node of an installed RabbitMQ."""

    def __init__(self, node: PrivateNode) -> None:
        self._node = node
        self.url = node.start()
        self.management_url = node.management_url

    def halt(self) -> None:
        """See `Node.halt`."""
        group = self._node.group
        if group is not None:
            group.send(signal.SIGKILL)
        self._node.stop()

    def resume(self) -> None:
        """See `Node.resume`."""
        self._node.start()

    def crash(self) -> None:
        """See `Node.crash`."""
        self.halt()
        self.resume()


class Contained:
    """A RabbitMQ container, on a fixed pair of ports so that it keeps them when it is killed."""

    def __init__(self, container: DockerContainer, amqp: int, management: int) -> None:
        self._container = container
        self.url = f"amqp://{_USER}:{_USER}@127.0.0.1:{amqp}/"
        self.management_url = f"http://127.0.0.1:{management}"

    def halt(self) -> None:
        """See `Node.halt`."""
        self._container.get_wrapped_container().kill()

    def resume(self) -> None:
        """See `Node.resume`."""
        self._container.get_wrapped_container().start()

    def crash(self) -> None:
        """See `Node.crash`."""
        self.halt()
        self.resume()


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Lend a PostgreSQL server: the environment's, else an embedded one."""
    given = os.environ.get(_DATABASE)
    if given:
        yield given
        return
    server = EmbeddedPostgres(folder / "postgres")
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def broker(folder: Path) -> Iterator[Node]:
    """Lend a RabbitMQ server: the environment's, else a private node, else a container."""
    given = os.environ.get(_AMQP)
    if given:
        yield Given(given, os.environ[_MANAGEMENT])
        return
    node = PrivateNode(folder / "rabbitmq")
    private = None if os.environ.get(_CONTAINED) == "container" else _private(node)
    if private is None:
        with _contained() as contained:
            yield contained
        return
    try:
        yield private
    finally:
        node.stop()


def _private(node: PrivateNode) -> Private | None:
    try:
        return Private(node)
    except ServerMissing:
        return None


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Lend a new database of a server, without any table."""
    name = f"test_{uuid4().hex}"

    async def run(statement: str) -> None:
        admin = await asyncpg.connect(server)
        await admin.execute(statement)
        await admin.close()

    run_alone(run(f'create database "{name}"'))
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        run_alone(run(f'drop database "{name}" with (force)'))


@contextmanager
def own_host(node: Node) -> Iterator[str]:
    """Lend a virtual host that nobody else uses, without any queue."""
    name = f"test-{uuid4().hex}"
    _manage(node, "PUT", f"vhosts/{name}")
    everything = b'{"configure": ".*", "write": ".*", "read": ".*"}'
    _manage(node, "PUT", f"permissions/{name}/{_USER}", everything)
    try:
        yield f"{node.url.rstrip('/')}/{name}"
    finally:
        _manage(node, "DELETE", f"vhosts/{name}")


def run_alone(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own, whether or not a loop runs here."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def _manage(node: Node, method: str, path: str, body: bytes = b"{}") -> None:
    request = urllib.request.Request(  # noqa: S310 - the node's own address
        f"{node.management_url.rstrip('/')}/api/{path}",
        body,
        {
            "Authorization": "Basic " + base64.b64encode(f"{_USER}:{_USER}".encode()).decode(),
            "Content-Type": "application/json",
        },
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - the same
        pass


@contextmanager
def _contained() -> Iterator[Contained]:
    amqp, management = free_ports(2)
    container = (
        DockerContainer("rabbitmq:4-management")
        .with_bind_ports(5672, amqp)
        .with_bind_ports(15672, management)
        # Only the container's loopback is the guest's otherwise.
        .with_env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-rabbit loopback_users []")
        .waiting_for(LogMessageWaitStrategy("Server startup complete"))
    )
    with container:
        yield Contained(container, amqp, management)
