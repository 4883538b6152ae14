"""A RabbitMQ of the stack's own in a container, where no server is installed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.processes import (
    LOOPBACK,
    PAUSE,
    Account,
    Group,
    LocalServerError,
    ServerMissing,
    digest,
    kept_ports,
    tail,
)
from deploy.local.rabbitmq import CONSUMER_TIMEOUT, answers, listens

IMAGE = "rabbitmq:4-management"


class ContainerNode:
    """A RabbitMQ in a container, bound to the loopback interface and removed on stop.

    Its data stay in a volume of the same name. The deadline has room for pulling the image.
    """

    user = "docreel"
    password = "docreel"  # noqa: S105 - reachable from this machine only, and printed

    def __init__(self, folder: Path, *, deadline: float = 600) -> None:
        self.folder = folder
        self.deadline = deadline
        self.name = f"docreel-rabbitmq-{digest(folder)}"
        self.log = folder / "rabbitmq.log"
        self.management_url = ""
        self._group: Group | None = None
        self._tool = ""

    @staticmethod
    def tool() -> str | None:
        """Give the container program that works here: docker, else podman, else none."""
        for name in ("docker", "podman"):
            found = shutil.which(name)
            if found is not None and _succeeds(found, "info"):
                return found
        return None

    def start(self) -> str:
        """Start the container, wait until broker and management answer, and give the URL."""
        tool = self.tool()
        if tool is None:
            msg = "Neither docker nor podman works here."
            raise ServerMissing(msg)
        self._tool = tool
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove()
        amqp, management = kept_ports(self.folder / "container.ports", 2)
        command = [
            *(tool, "run", "--rm", "--name", self.name, "--hostname", "docreel"),
            *("--publish", f"{LOOPBACK}:{amqp}:5672"),
            *("--publish", f"{LOOPBACK}:{management}:15672"),
            *("--volume", f"{self.name}:/var/lib/rabbitmq"),
            *("--env", f"RABBITMQ_DEFAULT_USER={self.user}"),
            *("--env", f"RABBITMQ_DEFAULT_PASS={self.password}"),
            "--env",
            f"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-rabbit consumer_timeout {CONSUMER_TIMEOUT}",
            IMAGE,
        ]
        # The client hands SIGTERM on to the container.
        self._group = Group.launch(
            Account().command(command, "TERM"), self.log, self.folder, os.environ
        )
        try:
            self._await_ready(self._group, amqp, management)
        except BaseException:
            self.stop()
            raise
        self.management_url = f"http://{LOOPBACK}:{management}"
        return f"amqp://{self.user}:{self.password}@{LOOPBACK}:{amqp}/"

    @property
    def group(self) -> Group | None:
        """The client's process, from its launch until `stop`."""
        return self._group

    @property
    def leftovers(self) -> list[tuple[str, ...]]:
        """What a killed stack would leave besides processes, in the guardian's words."""
        return [("container", tool, self.name)] if (tool := self.tool()) else []

    def stop(self) -> None:
        """Stop and remove the container; its volume stays."""
        if self._group is not None:
            self._group.end(signal.SIGTERM, 30)
            self._remove()
            self._group = None

    def forget(self) -> None:
        """Remove the volume too."""
        tool = self.tool()
        if tool is not None:
            _succeeds(tool, "rm", "--force", self.name)
            _succeeds(tool, "volume", "rm", "--force", self.name)

    def _remove(self) -> None:
        _succeeds(self._tool, "rm", "--force", self.name)

    def _await_ready(self, group: Group, amqp: int, management: int) -> None:
        deadline = time.monotonic() + self.deadline
        while not (listens(amqp) and answers(management, self.user, self.password)):
            if group.process.poll() is not None:
                msg = f"RabbitMQ's container ended while starting: see {self.log}.\n"
                raise LocalServerError(msg + tail(self.log))
            if time.monotonic() > deadline:
                late = f"RabbitMQ's container was not ready within {self.deadline:g} s"
                msg = f"{late}: see {self.log}."
                raise LocalServerError(msg)
            time.sleep(PAUSE)


def _succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
