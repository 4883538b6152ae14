"""Service processes on scripted engines, started again when they die as an orchestrator would."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deploy.local.processes import Account
from shared.routes import Service
from tests.faults.script import Point, Script
from tests.support.services import ROOT

_END = 60.0  # seconds that a process may take to end on SIGTERM


class Replica:
    """One process of a service, and its successors."""

    def __init__(
        self, service: Service, script: Script, environment: Mapping[str, str], folder: Path
    ) -> None:
        self.service = service
        self.deaths = 0
        self.log = folder / f"{service}.log"
        self._script = script
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ending = False

    @property
    def pid(self) -> int:
        """The living process."""
        if self._process is None:
            raise AssertionError(self.service)
        return self._process.pid

    async def start(self) -> None:
        """Start it, and keep it up."""
        await self._spawn()
        self._keeping = asyncio.create_task(self._keep())

    async def _spawn(self) -> None:
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                # It ends with the tests, even with tests that are killed.
                *Account().command(
                    [sys.executable, "-m", "tests.faults.worker", self.service.value], "KILL"
                ),
                cwd=ROOT,
                env={**self._environment, **self._script.environment()},
                stderr=out,
                start_new_session=True,
            )

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            await self._process.wait()
            if self._ending:
                return
            self.deaths += 1
            # The successor is not cursed.
            self._script = replace(self._script, point=Point.NOWHERE, hang=0)
            await self._spawn()

    def send(self, number: signal.Signals) -> None:
        """Signal the process, which `_keep` starts again where it dies of it."""
        os.kill(self.pid, number)

    async def end(self) -> int:
        """End it as an operator would; return the exit status."""
        self._ending = True
        if self._process is None or self._keeping is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._keeping), _END)
        except TimeoutError:
            self._process.kill()
            await self._keeping
        assert self._process.returncode is not None
        return self._process.returncode

    def logged(self, event: str) -> int:
        """Return how often the service has logged an event."""
        return self.log.read_text().count(f'"event": "{event}"')
