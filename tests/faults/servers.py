"""A broker and a database of the fault tests' own, which they kill and start again."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from deploy.local.postgres import EmbeddedPostgres
from deploy.local.rabbitmq import PrivateNode

T = TypeVar("T")


class Servers:
    """Both servers. They are started by one thread, with which the system would end them."""

    def __init__(self, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._node = PrivateNode(folder / "rabbitmq")
        self._postgres = EmbeddedPostgres(folder / "postgres")
        self.url = ""
        self.dsn = ""
        self.management_url = ""

    def start(self) -> None:
        """Start both, and wait until they answer."""
        self.dsn = self._thread.submit(self._postgres.start).result()
        self.url = self._thread.submit(self._node.start).result()
        self.management_url = self._node.management_url

    def stop(self) -> None:
        """Stop both."""
        for stop in (self._node.stop, self._postgres.stop):
            self._thread.submit(stop).result()
        self._thread.shutdown()

    def crash(self) -> None:
        """See `tests.support.servers.Node.crash`."""
        self._thread.submit(self._kill_broker).result()

    def halt(self) -> None:
        """See `tests.support.servers.Node.halt`."""
        self._thread.submit(self._node.stop).result()

    def resume(self) -> None:
        """See `tests.support.servers.Node.resume`."""
        self._thread.submit(self._node.start).result()

    async def kill_broker(self) -> None:
        """End the broker as a power cut would, and start it again on its data."""
        await self._aside(self._kill_broker)

    async def restart_broker(self) -> None:
        """Stop the broker as an operator would, and start it again."""
        await self._aside(self._node.stop)
        await self._aside(self._node.start)

    async def kill_database(self) -> None:
        """End the database as a power cut would, and start it again on its data."""
        await self._aside(self._kill_database)

    async def restart_database(self) -> None:
        """Stop the database as an operator would, whatever is being committed; start it again."""
        await self._aside(self._postgres.stop)
        await self._aside(self._postgres.start)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _kill_broker(self) -> None:
        if self._node.group is not None:
            self._node.group.send(signal.SIGKILL)
        self._node.stop()
        self._node.start()

    def _kill_database(self) -> None:
        if self._postgres.group is not None:
            self._postgres.group.send(signal.SIGKILL)
        self._postgres.stop()
        self._postgres.start()
