"""One replica of a service: its process, its readiness, and when it is started again."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.guardian import MARK, ROOT, Guardian
from deploy.local.output import Output
from deploy.local.processes import LOOPBACK, Account, Group, free_ports, is_free, tail

FIRST_WAIT = 1.0  # seconds before a service that died is started again
LONGEST_WAIT = 30.0
STEADY = 60.0  # seconds of life after which a death counts as the first


@dataclass(frozen=True)
class Kind:
    """A service: its name, what starts it, and whether it is the one that people talk to.

    The front serves on PORT and has one replica. All tell their health and metrics on HEALTH_PORT.
    """

    name: str
    command: tuple[str, ...]
    front: bool = False


KINDS = tuple(
    Kind(name, (sys.executable, "-m", f"services.{name}"), front=name == "gateway")
    for name in ("progress", "transcriber", "docgen", "translator", "gateway")
)

# All of them in one process, where there is no broker between them.
ALONE = Kind("docreel", (sys.executable, "-m", "deploy.local.single"), front=True)


@dataclass
class Replica:
    """A process of a service, and those that took its place."""

    kind: Kind
    name: str
    environment: Mapping[str, str]
    output: Output
    guardian: Guardian
    host: str = LOOPBACK
    port: int = 0
    health_port: int = 0
    restarts: int = 0
    due: float = 0.0  # on the monotonic clock: when to start again
    _group: Group | None = None
    _since: float = 0.0
    _claim: socket.socket | None = field(default=None, repr=False)
    _reserved: int = 0
    _reader: threading.Thread | None = field(default=None, repr=False)

    def launch(self) -> None:
        """Start the process, on the next free port where its own is taken."""
        if self.kind.front and self.port:
            while not (is_free(self.port, self.host) and self._reserve()):
                self.port += 1
        elif self.kind.front:
            (self.port,) = free_ports(1)
        if not self.health_port or not is_free(self.health_port):
            (self.health_port,) = free_ports(1)
        # Whatever the front is opened to, its metrics are for this machine.
        ports = {"HEALTH_PORT": str(self.health_port), "HEALTH_HOST": LOOPBACK}
        if self.kind.front:
            ports |= {"PORT": str(self.port), "HOST": self.host}
        self._since = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own services
            Account().command(self.kind.command, "TERM"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **self.environment, **ports, MARK: self.guardian.mark},
            start_new_session=True,
        )
        self._group = Group(process)
        self.guardian.watch("group", str(process.pid))
        if process.stdout is not None:
            self._reader = self.output.follow(self.name, process.stdout)

    def _reserve(self) -> bool:
        """Keep other stacks of this machine from the same choice, until this program ends.

        Without it, two that start at once would both find the port free, and the later one would
        take the other's answer for its own. A name in Linux's abstract space leaves no file.
        """
        if self._reserved == self.port or sys.platform != "linux":
            return True
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0docreel-port-{self.port}")
        except OSError:
            claim.close()
            return False
        if self._claim is not None:
            self._claim.close()
        self._claim, self._reserved = claim, self.port
        return True

    @property
    def pid(self) -> int:
        """The process's id, 0 where none runs."""
        return self._group.process.pid if self._group is not None else 0

    @property
    def log(self) -> Path:
        """The file with all that it said."""
        return self.output.log(self.name)

    def status(self) -> int | None:
        """Give the exit status of a process that has ended; none where it runs."""
        return self._group.process.poll() if self._group is not None else None

    def lost_its_port(self) -> bool:
        """Tell whether somebody else took the port before the process that has ended could."""
        if self.status() is None:
            return False
        if self.kind.front and not is_free(self.port, self.host):
            return True
        return not is_free(self.health_port)

    def is_ready(self) -> bool:
        """Ask the process whether it is ready; it has to be the one that was started.

        The front is asked where people call.
        """
        # An interface that means "all" is no address to call.
        host = LOOPBACK if self.host in ("", "0.0.0.0") else self.host  # noqa: S104 - compared only
        port = self.port if self.kind.front else self.health_port
        connection = http.client.HTTPConnection(host, port, timeout=4)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return answer == http.HTTPStatus.OK and self.status() is None

    def last_words(self) -> str:
        """Give the end of the log, complete where the process has ended."""
        if self._reader is not None:
            self._reader.join(2)
        return tail(self.log, 10)

    def bury(self) -> float:
        """Clear away what a dead process left, and give the seconds until the next start."""
        lived = time.monotonic() - self._since
        self.restarts = 0 if lived > STEADY else self.restarts
        wait = min(FIRST_WAIT * 2.0**self.restarts, LONGEST_WAIT)
        self.restarts += 1
        self.due = time.monotonic() + wait
        self.kill()
        return wait

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process; it ends its own children."""
        if self._group is not None:
            self._group.process.send_signal(signal.SIGTERM)

    def give_up(self) -> None:
        """End what is left, and let others have the port."""
        self.kill()
        if self._claim is not None:
            self._claim.close()

    def kill(self) -> None:
        """End what is left of the process and its children at once."""
        if self._group is not None:
            group, self._group = self._group, None
            if not group.ended(0):
                group.send(signal.SIGKILL)
                group.ended(5)
            self.guardian.release("group", str(group.process.pid))
            if self._reader is not None:
                self._reader.join(2)
