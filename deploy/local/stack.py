"""The stack: PostgreSQL, RabbitMQ and the services as processes, from start to stop."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from deploy.local.guardian import Guardian
from deploy.local.output import Output
from deploy.local.packages import Packages, install_tools
from deploy.local.processes import LOOPBACK, LocalServerError
from deploy.local.servers import IN_PROCESS, Servers
from deploy.local.service import ALONE, KINDS, Kind, Replica
from deploy.local.state import Facts, State

FIRST_PORT = 8000
_PAUSE = 0.1  # seconds between two looks at the processes
# A service's own grace, so that it is the one that ends its work, not SIGKILL.
_GRACE_SECONDS = "50"


class Stop(BaseException):
    """A signal asked the stack to end."""


@dataclass(frozen=True)
class Plan:
    """What to start; `port` is the front's first choice, 0 for any free one. Times in seconds."""

    state: State = field(default_factory=State.of_clone)
    kinds: Sequence[Kind] = KINDS
    scale: Mapping[str, int] = field(default_factory=dict)
    host: str = LOOPBACK
    port: int = FIRST_PORT
    patience: float = 120.0
    grace: float = 60.0
    tools: bool = True
    alone: Kind = ALONE  # instead of `kinds` where there is no broker

    def names(self, *, apart: bool = True) -> list[tuple[Kind, str]]:
        """Give each replica's name: the service's, numbered where there is more than one."""
        if not apart:
            return [(self.alone, self.alone.name)]
        found = []
        for kind in self.kinds:
            count = self.scale.get(kind.name, 1)
            found += [
                (kind, f"{kind.name}.{number}" if count > 1 else kind.name)
                for number in range(1, count + 1)
            ]
        return found


class Stack:
    """Starts what the plan says, keeps it up until told to end, and leaves nothing behind."""

    def __init__(self, plan: Plan, lock: int) -> None:
        """Take the descriptor of the state's lock, which the stack holds as long as it lives."""
        self.plan = plan
        self.output = Output(plan.state.logs, max(len(name) for _, name in plan.names()))
        self.guardian = Guardian(plan.state, lock)
        self.replicas: list[Replica] = []
        self._told = False  # by a signal, to end
        self._hurry = False  # by a second one
        self._stopping = False
        packages = Packages(plan.state.logs / "apt.log", self.output.say, self.guardian)
        self.servers = Servers(plan.state.folder, packages, self.output.say, self.guardian)

    def run(self) -> int:
        """Run until a signal comes; return the exit status."""
        status = 0
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            self._start()
            self._keep_up()
        except (Stop, KeyboardInterrupt):
            self.output.say("Stopping.")
        except LocalServerError as error:
            self.output.say(str(error))
            status = 1
        finally:
            self._stopping = True
            self._stop()
        return status

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._told or self._stopping:
            self._hurry = self._told
            self._told = True
            return
        self._told = True
        raise Stop

    def _start(self) -> None:
        state = self.plan.state
        state.write(Facts(os.getpid()))
        if self.plan.tools:
            install_tools(self.servers.packages)
        self.servers.start_database()
        self.servers.start_broker()
        storage = state.folder.resolve() / "storage"
        storage.mkdir(exist_ok=True)
        environment = {
            "AMQP_URL": self.servers.amqp_url,
            "DATABASE_URL": self.servers.database_url,
            "STORAGE_DIR": str(storage),
            "AMQP_MANAGEMENT_URL": self.servers.management_address,
            "GRACE_SECONDS": os.environ.get("GRACE_SECONDS", _GRACE_SECONDS),
            "PYTHONUNBUFFERED": "1",
        }
        apart = self.servers.amqp_url != IN_PROCESS
        if self.plan.scale and not apart:
            msg = "SCALE needs RabbitMQ: without a broker all services share one process."
            raise LocalServerError(msg)
        self.output.say("Starting the services.")
        for kind, name in self.plan.names(apart=apart):
            self.output.log(name).write_bytes(b"")
            replica = Replica(kind, name, environment, self.output, self.guardian)
            if kind.front:
                replica.host, replica.port = self.plan.host, self.plan.port
            self.replicas.append(replica)
            replica.launch()
        self._await_ready()
        self._tell()
        facts = state.facts()
        for line in described(facts) if facts else []:
            self.output.say(line)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self.plan.patience
        waiting = list(self.replicas)
        while waiting:
            for replica in waiting:
                status = replica.status()
                if status is not None and replica.lost_its_port():
                    replica.bury()
                    replica.launch()
                elif status is not None:
                    how = f"{replica.name} ended while starting ({_words(status)})."
                    msg = f"{how} It said last:\n{replica.last_words()}"
                    raise LocalServerError(msg)
            waiting = [replica for replica in waiting if not replica.is_ready()]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(replica.name for replica in waiting)
                late = f"Not ready within {self.plan.patience:g} s: {names}."
                msg = f"{late} {waiting[0].name} said last:\n{waiting[0].last_words()}"
                raise LocalServerError(msg)
            time.sleep(_PAUSE)

    def _keep_up(self) -> None:
        while True:
            time.sleep(_PAUSE)
            self.servers.revive()
            for replica in self.replicas:
                status = replica.status()
                if status is not None:
                    wait = replica.bury()
                    how = f"{replica.name} has ended by itself ({_words(status)})"
                    self.output.say(f"{how}; starting it again in {wait:g} s.")
                    self._tell()
                elif not replica.pid and time.monotonic() > replica.due:
                    replica.launch()
                    self._tell()

    def _tell(self) -> None:
        management, user, password = self.servers.management
        front = next((each for each in self.replicas if each.kind.front), None)
        self.plan.state.write(
            Facts(
                pid=os.getpid(),
                ready=True,
                gateway=f"http://{self.plan.host}:{front.port}" if front else "",
                management=management,
                user=user,
                password=password,
                amqp_url=self.servers.amqp_url,
                database_url=self.servers.database_url,
                services={each.name: each.pid for each in self.replicas},
                metrics={
                    each.name: f"http://{LOOPBACK}:{each.health_port}/metrics"
                    for each in self.replicas
                },
            )
        )

    def _stop(self) -> None:
        for replica in self.replicas:
            replica.ask_to_end()
        deadline = time.monotonic() + self.plan.grace
        left = [replica for replica in self.replicas if replica.pid]
        while left and time.monotonic() < deadline and not self._hurry:
            left = [replica for replica in left if replica.status() is None]
            time.sleep(_PAUSE / 2)
        if left:
            names = ", ".join(replica.name for replica in left)
            self.output.say(f"Still at work, and ended now: {names}.")
        for replica in self.replicas:
            replica.give_up()
        self.servers.stop()
        self.output.say("Stopped.")
        self.guardian.end()


def described(facts: Facts) -> list[str]:
    """Tell a person where everything is."""
    lines = [f"Docreel serves at {facts.gateway} (the API is described at {facts.gateway}/docs)."]
    if facts.management:
        lines.append(
            f"Queues can be watched at {facts.management} "
            f"(user {facts.user}, password {facts.password})."
        )
    return [*lines, "To stop: `make down`, or Ctrl-C where it runs in the foreground."]


def run(plan: Plan, tie: int | None = None) -> int:
    """Run a stack in this process; the exit status is 0 too where the clone has one already.

    `tie` is the reading end of a pipe: the stack ends when the pipe does, unless a byte came first.
    """
    lock = plan.state.lock()
    if lock is None:
        facts = plan.state.facts()
        if plan.state.holder() is not None:
            where = f"serves at {facts.gateway}" if facts and facts.ready else "is starting"
            _say(f"A stack of this clone already {where}; `make down` stops it.")
            return 0
        _say("Waiting for the last stack's processes to end.")
        plan.state.await_unlocked(30)
        lock = plan.state.lock()
        if lock is None:
            _say(f"The last stack does not end: see who holds {plan.state.lock_file}.")
            return 1
    stack = Stack(plan, lock)
    if tie is not None:
        threading.Thread(target=_watch_tie, args=(tie,), daemon=True).start()
    return stack.run()


def _watch_tie(tie: int) -> None:
    if not os.read(tie, 1):
        os.kill(os.getpid(), signal.SIGTERM)


def _words(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
