"""The stack's database and broker: those that the environment names, else private ones."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aio_pika.exceptions
import asyncpg

from deploy.local.container import ContainerNode
from deploy.local.guardian import Guardian
from deploy.local.packages import Packages
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import Group, LocalServerError, ServerMissing
from deploy.local.rabbitmq import PrivateNode
from deploy.migrate import migrate
from shared.topology import declare

NO_BROKER = (
    "RabbitMQ is missing, so all services run in one process, on a broker within it; to run them "
    "apart and to scale them, install RabbitMQ (`apt-get install rabbitmq-server`, or `brew "
    "install rabbitmq`), or start Docker or Podman, or set AMQP_URL to a broker."
)
IN_PROCESS = "in-process"  # as AMQP_URL: do not look for a broker


class Server(Protocol):
    """A private server."""

    @property
    def group(self) -> Group | None:
        """Its processes while it runs."""

    def start(self) -> str:
        """Start it and give its URL."""

    def stop(self) -> None:
        """Stop it."""


@dataclass
class Servers:
    """Starts both, keeps them up, and stops the broker before the database."""

    folder: Path
    packages: Packages
    say: Callable[[str], None]
    guardian: Guardian
    database_url: str = ""
    amqp_url: str = ""
    management: tuple[str, str, str] = ("", "", "")
    _started: dict[str, Server] = field(default_factory=dict)

    @property
    def management_address(self) -> str:
        """Where RabbitMQ's management API is, with user and password; the environment's, if any."""
        url, user, password = self.management
        named = url.replace("://", f"://{user}:{password}@", 1) if url else ""
        return os.environ.get("AMQP_MANAGEMENT_URL", named)

    def start_database(self) -> None:
        """Start PostgreSQL unless DATABASE_URL names one, and apply the migrations."""
        self.database_url = os.environ.get("DATABASE_URL", "")
        given = bool(self.database_url)
        if not given:
            self.say("Starting PostgreSQL.")
            server = EmbeddedPostgres(self.folder / "postgres")
            self.database_url = self._start("PostgreSQL", server)
        try:
            applied = asyncio.run(migrate(self.database_url))
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            where = "DATABASE_URL" if given else "The embedded PostgreSQL"
            msg = f"{where} cannot be used: {error or type(error).__name__}"
            raise LocalServerError(msg) from error
        if applied:
            self.say(f"Applied {len(applied)} migrations.")

    def start_broker(self) -> None:
        """Start RabbitMQ unless AMQP_URL names one, and declare exchanges and queues.

        Where none can be had, `amqp_url` is then `IN_PROCESS`.
        """
        self.amqp_url = os.environ.get("AMQP_URL", "")
        if self.amqp_url == IN_PROCESS:
            return
        given = bool(self.amqp_url)
        if not given:
            try:
                self.amqp_url = self._private_broker()
            except ServerMissing as missing:
                self.say(str(missing))
                self.amqp_url = IN_PROCESS
                return
        try:
            asyncio.run(declare(self.amqp_url))
        except (OSError, ValueError, aio_pika.exceptions.AMQPError) as error:
            where = "AMQP_URL" if given else "The private RabbitMQ"
            msg = f"{where} cannot be used: {error or type(error).__name__}"
            raise LocalServerError(msg) from error

    def revive(self) -> None:
        """Start a private server again that has ended."""
        for name, server in list(self._started.items()):
            group = server.group
            if group is not None and group.process.poll() is not None:
                self.say(f"{name} has ended by itself; starting it again.")
                self._release(server)
                server.stop()
                before = (self.database_url, self.amqp_url)
                if self._start(name, server) not in before:
                    msg = f"{name} could not get its port back: start the stack again."
                    raise LocalServerError(msg)

    def stop(self) -> None:
        """Stop what was started, the last first; an unfinished start has stopped itself."""
        for name, server in reversed(self._started.items()):
            if server.group is not None:
                self.say(f"Stopping {name}.")
                named = server.group
                server.stop()
                self.guardian.release("group", str(named.process.pid))
        self._started.clear()

    def _private_broker(self) -> str:
        folder = self.folder / "rabbitmq"
        node = PrivateNode(folder)
        self.say("Starting RabbitMQ.")
        try:
            return self._broker(node)
        except ServerMissing:
            if self.packages.can_install() and self.packages.install(["rabbitmq-server"]):
                return self._broker(node)
        container = ContainerNode(folder)
        if container.tool() is None:
            raise ServerMissing(NO_BROKER)
        self.say("RabbitMQ is not installed here: starting it in a container.")
        return self._broker(container)

    def _broker(self, node: PrivateNode | ContainerNode) -> str:
        for words in node.leftovers:
            self.guardian.watch(*words)
        url = self._start("RabbitMQ", node)
        self.management = (node.management_url, node.user, node.password)
        return url

    def _start(self, name: str, server: Server) -> str:
        # Before it starts: a stop that comes meanwhile must find it.
        self._started[name] = server
        url = server.start()
        if server.group is not None:
            self.guardian.watch("group", str(server.group.process.pid))
        return url

    def _release(self, server: Server) -> None:
        if server.group is not None:
            self.guardian.release("group", str(server.group.process.pid))
