"""A private RabbitMQ node from the machine's own package, beside any that it already runs."""

import base64
import http.client
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.processes import (
    LOOPBACK,
    PAUSE,
    Account,
    Group,
    LocalServerError,
    ServerMissing,
    await_end_of_predecessor,
    digest,
    home_for,
    kept_ports,
    tail,
)

INSTALLED = Path("/usr/lib/rabbitmq/lib")
# Milliseconds that a message may be worked on; RabbitMQ's own 30 minutes are too few for a step.
CONSUMER_TIMEOUT = 4 * 60 * 60 * 1000


class PrivateNode:
    """A RabbitMQ node of this folder's own, on the loopback interface, with its data kept.

    Start it from a thread that outlives it: the system ends the node with that thread.
    Further lines of rabbitmq.conf go into `settings`; epmd, which all nodes of a machine
    share, is never stopped.
    """

    user = "guest"
    password = "guest"  # noqa: S105 - RabbitMQ's own, good from this machine only

    def __init__(
        self, folder: Path, *, settings: Mapping[str, str] | None = None, deadline: float = 90
    ) -> None:
        self.folder = folder
        self.deadline = deadline
        self.settings = dict(settings or {})
        self.name = f"docreel-{digest(folder)}@localhost"
        self.log = folder / "rabbitmq.log"
        self.management_url = ""
        self._group: Group | None = None
        self._url = ""

    def start(self) -> str:
        """Start the node, wait until it and its management API answer, and give its URL."""
        if self._group is not None and self._group.process.poll() is None:
            return self._url
        script = _server_script()
        account = Account.unprivileged("rabbitmq")
        home = home_for(self.folder, account, "rabbitmq")
        state = home / "node"
        account.own(state)
        # Kept beside the node's own folder: as root, no other user may choose what is read here.
        await_end_of_predecessor(home / "rabbitmq.pid", self.name)
        amqp, management, distribution = kept_ports(self.folder / "rabbitmq.ports", 3)
        (home / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (home / "rabbitmq.conf").write_text(self._configuration(amqp, management))
        for file in ("enabled_plugins", "rabbitmq.conf"):
            (home / file).chmod(0o644)
        self._group = Group.launch(
            # A node that is still booting loses SIGTERM; confirmed messages survive SIGKILL.
            account.command([str(script)], "KILL"),
            self.log,
            home,
            self._environment(home, state, distribution),
        )
        (home / "rabbitmq.pid").write_text(str(self._group.process.pid))
        try:
            self._await_ready(self._group, amqp, management)
        except BaseException:
            self.stop()
            raise
        self.management_url = f"http://{LOOPBACK}:{management}"
        self._url = f"amqp://guest:guest@{LOOPBACK}:{amqp}/"
        return self._url

    @property
    def group(self) -> Group | None:
        """The server's processes, from its launch until `stop`."""
        return self._group

    @property
    def leftovers(self) -> list[tuple[str, ...]]:
        """What a killed stack would leave besides processes: nothing."""
        return []

    def stop(self) -> None:
        """Stop the node; its queues and messages stay."""
        if self._group is not None:
            self._group.end(signal.SIGTERM, 30)
            self._group = None

    def _configuration(self, amqp: int, management: int) -> str:
        lines = {
            "listeners.tcp.1": f"{LOOPBACK}:{amqp}",
            "management.tcp.ip": LOOPBACK,
            "management.tcp.port": str(management),
            "disk_free_limit.absolute": "50MB",
            "consumer_timeout": str(CONSUMER_TIMEOUT),
            "log.console": "true",
            "log.file": "false",
            **self.settings,
        }
        return "".join(f"{key} = {value}\n" for key, value in lines.items())

    def _environment(self, home: Path, state: Path, distribution: int) -> dict[str, str]:
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("RABBITMQ_", "ERL_"))
        }
        return {
            **kept,
            "HOME": str(state),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(state),
            "RABBITMQ_MNESIA_BASE": str(state / "mnesia"),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_PID_FILE": str(state / "node.pid"),
            # The second flag means nothing to Erlang: it makes the node's process recognizable.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-kernel inet_dist_use_interface {{127,0,0,1}} -docreel {self.name}"
            ),
            # The script then becomes the node instead of standing before it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _await_ready(self, group: Group, amqp: int, management: int) -> None:
        deadline = time.monotonic() + self.deadline
        while not (listens(amqp) and answers(management, self.user, self.password)):
            if group.process.poll() is not None:
                msg = f"RabbitMQ ended while starting: see {self.log}.\n{tail(self.log)}"
                raise LocalServerError(msg)
            if time.monotonic() > deadline:
                msg = f"RabbitMQ was not ready within {self.deadline:g} s: see {self.log}."
                raise LocalServerError(msg)
            time.sleep(PAUSE)


def listens(port: int) -> bool:
    """Tell whether anybody takes connections on this port of the loopback interface."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def answers(port: int, user: str, password: str) -> bool:
    """Tell whether the management API answers; any answer to a log-in shows that it is up."""
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/api/overview", headers={"Authorization": f"Basic {secret}"})
        return connection.getresponse().status in {http.HTTPStatus.OK, http.HTTPStatus.UNAUTHORIZED}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_installed() -> bool:
    """Tell whether a private node can be started."""
    try:
        _server_script()
    except ServerMissing:
        return False
    return True


def _server_script() -> Path:
    def version(script: Path) -> list[int]:
        text = script.parent.parent.name.rpartition("-")[2]
        return [int(part) for part in text.split(".") if part.isdigit()]

    scripts = sorted(INSTALLED.glob("rabbitmq_server-*/sbin/rabbitmq-server"), key=version)
    if scripts:
        return scripts[-1]
    found = shutil.which("rabbitmq-server")
    if found is None:
        msg = (
            "RabbitMQ is not installed: run `apt-get install rabbitmq-server` "
            "or `brew install rabbitmq`."
        )
        raise ServerMissing(msg)
    return Path(found)
