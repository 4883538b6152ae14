"""What is measured: a private RabbitMQ and PostgreSQL, and a pipeline's processes."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from bench.raw import TABLE
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import free_ports
from deploy.local.rabbitmq import PrivateNode
from deploy.migrate import migrate
from shared.topology import declare

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("progress", "transcriber", "docgen", "translator", "gateway")
_PATIENCE = 60.0  # seconds until all services are ready


@dataclass(frozen=True, slots=True)
class Servers:
    """The two servers' addresses, and their processes for reading the time they took."""

    amqp_url: str
    database_url: str
    broker: psutil.Process
    database: psutil.Process

    def cpu(self) -> float:
        """Return the CPU seconds of both since their start."""
        backends = self.database.children(recursive=True)
        return sum(map(_cpu, [self.broker, *self.broker.children(recursive=True), *backends]))


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Start both servers in a folder; stop them at the end."""
    database, node = EmbeddedPostgres(folder / "postgres"), PrivateNode(folder / "rabbitmq")
    try:
        database_url, amqp_url = database.start(), node.start()
        if database.group is None or node.group is None:
            raise RuntimeError(folder)
        yield Servers(
            amqp_url,
            database_url,
            psutil.Process(node.group.process.pid),
            psutil.Process(database.group.process.pid),
        )
    finally:
        node.stop()
        database.stop()


@dataclass
class Pipeline:
    """The processes of one pipeline, `docreel` or `raw`."""

    kind: str
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def cpu(self) -> float:
        """Return the CPU seconds of all processes since their start."""
        return sum(_cpu(psutil.Process(one.pid)) for one in self.running.values())

    def peak_memory(self) -> dict[str, float]:
        """Return each process's largest resident set in MB (VmHWM)."""
        found = {}
        for name, process in self.running.items():
            status = Path(f"/proc/{process.pid}/status").read_text()
            line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
            found[name] = int(line.split()[1]) / 1024
        return found


@contextmanager
def pipeline(
    kind: str,
    servers: Servers,
    folder: Path,
    latency: float,
    replicas: Mapping[str, int] | None = None,
) -> Iterator[Pipeline]:
    """Run a pipeline whose engines sleep `latency` seconds a call."""
    storage = folder / "storage"
    storage.mkdir(parents=True, exist_ok=True)
    (storage / "talk.mp4").write_bytes(b"a video")
    port, *health = free_ports(1 + sum(map(_count(replicas), ROLES)))
    environment = {
        **os.environ,
        "AMQP_URL": servers.amqp_url,
        "DATABASE_URL": servers.database_url,
        "STORAGE_DIR": str(storage),
        "LATENCY_MS": str(latency * 1000),
        "PORT": str(port),
        "PREFETCH": "100",
    }
    made = Pipeline(kind, port)
    try:
        for role in ROLES:
            for number in range(_count(replicas)(role)):
                own = {"HEALTH_PORT": "0" if role == "gateway" else str(health.pop())}
                name = f"{role}.{number}" if number else role
                with (folder / f"{kind}.{name}.log").open("wb") as log:
                    made.running[name] = subprocess.Popen(  # noqa: S603 - our own modules
                        _command(kind, role),
                        env=environment | own,
                        cwd=ROOT,
                        stdout=log,
                        stderr=log,
                    )
        _await_ready(made)
        yield made
    finally:
        for process in made.running.values():
            process.send_signal(signal.SIGTERM)
        for process in made.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _count(replicas: Mapping[str, int] | None) -> "_Count":
    return _Count(replicas or {})


@dataclass(frozen=True, slots=True)
class _Count:
    replicas: Mapping[str, int]

    def __call__(self, role: str) -> int:
        return self.replicas.get(role, 1)


def _command(kind: str, role: str) -> list[str]:
    if kind == "raw":
        return [sys.executable, "-m", "bench.raw", role]
    if role == "gateway":
        return [sys.executable, "-m", "services.gateway"]
    return [sys.executable, "-m", "bench.worker", role]


def _await_ready(made: Pipeline) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _answers(made.port):
        if time.monotonic() > deadline:
            raise TimeoutError(made.kind)
        time.sleep(0.1)
    # Workers connect within the same seconds; their first job waits in a queue otherwise.
    time.sleep(3)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
            return True
    except OSError:
        return False


async def prepare(servers: Servers) -> None:
    """Make tables and queues of both pipelines."""
    await migrate(servers.database_url)
    await declare(servers.amqp_url)
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute(TABLE)
    await connection.close()


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
