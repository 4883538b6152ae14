"""A Compose project of its own, and the few questions that the checks ask of it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 900.0  # seconds for one command: a first build is slow


class CheckError(Exception):
    """What was to hold does not."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command() -> list[str]:
    """Return what COMPOSE names, as in `docker-compose` of 1.29; else the development packages'."""
    given = os.environ.get("COMPOSE", "").split()
    return given or [str(Path(sys.executable).with_name("docker-compose"))]


HOST = "host.docker.internal"  # what containers call this machine: see host.yml


@dataclass(frozen=True)
class Engine:
    """The project `name` with the gateway on `port`; `settings` are for the Compose files."""

    name: str
    port: int
    files: Sequence[str]
    management: int
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_environment(cls) -> "Engine":
        """Return a project of their own; COMPOSE_EXTRA names further files (`:` between)."""
        extra = [name for name in os.environ.get("COMPOSE_EXTRA", "").split(":") if name]
        files = ("docker-compose.yml", "tests/compose/host.yml", *extra)
        return cls("docreel-test", free_port(), files, free_port())

    def with_file(self, name: str) -> "Engine":
        """Return the same project with one more Compose file."""
        return replace(self, files=(*self.files, name))

    def with_settings(self, **settings: str) -> "Engine":
        """Return the same project with other settings."""
        return replace(self, settings={**self.settings, **settings})

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *words: str, stdin: str = "", check: bool = True) -> str:
        """Run a Compose command; return what it said. Raises CheckError where it fails."""
        done = self._run(words, input=stdin.encode(), capture_output=True)
        told, wrong = done.stdout.decode(), done.stderr.decode()
        if check and done.returncode:
            message = f"{' '.join(words)} ended with {done.returncode}:\n{wrong[-3000:]}"
            raise CheckError(message)
        return told + (wrong if not check else "")

    def saved(self, file: Path, *words: str) -> None:
        """Run a Compose command whose output goes to a file. Raises CheckError."""
        with file.open("wb") as out:
            done = self._run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
        if done.returncode:
            raise CheckError(done.stderr.decode()[-3000:])

    def fed(self, file: Path, *words: str) -> None:
        """Run a Compose command that is given a file. Raises CheckError."""
        with file.open("rb") as given:
            done = self._run(words, stdin=given, capture_output=True)
        if done.returncode:
            raise CheckError(done.stderr.decode()[-3000:])

    def _run(self, words: Sequence[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
        files = [word for name in self.files for word in ("-f", name)]
        return subprocess.run(  # noqa: S603 - fixed words
            [*_command(), "-p", self.name, *files, *words],
            cwd=ROOT,
            env={
                **os.environ,
                "DOCREEL_PORT": str(self.port),
                "MANAGEMENT_PORT": str(self.management),
                **self.settings,
            },
            timeout=_PATIENCE,
            check=False,
            **how,
        )

    def up(self, **scale: int) -> None:
        """Start what does not run, with so many replicas; return when all are ready."""
        words = [word for name, n in scale.items() for word in ("--scale", f"{name}={n}")]
        self.compose("up", "-d", *words)
        for name in ("gateway", "transcriber", "docgen", "translator", "progress"):
            self.await_healthy(name, scale.get(name, 1))

    def await_healthy(self, service: str, count: int = 1) -> None:
        """Wait until exactly so many containers of a service are healthy."""
        self.until(f"{count} {service} ready", lambda: self.healthy(service) == count)

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers that run."""
        return self.compose("ps", "-q", service).split()

    def healthy(self, service: str) -> int:
        """Return how many containers of a service are healthy."""
        states = [
            self.docker("inspect", "--format", "{{.State.Health.Status}}", each)
            for each in self.containers(service)
        ]
        return sum(state.strip() == "healthy" for state in states)

    @staticmethod
    def docker(*words: str) -> str:
        """Run a Docker command; "" where it fails."""
        done = subprocess.run(  # noqa: S603 - fixed words
            ["docker", *words],  # noqa: S607 - whichever engine there is
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        return done.stdout

    def sql(self, query: str) -> list[list[str]]:
        """Return a query's rows, as the administrator; columns as text."""
        told = self.compose(
            "exec", "-T", "postgres", "psql", "--username=postgres", "--dbname=docreel",
            "--no-align", "--tuples-only", "--quiet", "--field-separator=\t", "--command", query,
        )  # fmt: skip
        return [line.split("\t") for line in told.splitlines() if line]

    def queues(self) -> dict[str, tuple[int, int]]:
        """Return each queue's messages and consumers."""
        told = self.compose(
            "exec", "-T", "rabbitmq", "rabbitmqctl", "--quiet", "list_queues",
            "--no-table-headers", "name", "messages", "consumers",
        )  # fmt: skip
        rows = [line.split("\t") for line in told.splitlines() if line.count("\t") == 2]
        return {name: (int(messages), int(consumers)) for name, messages, consumers in rows}

    def python(self, service: str, program: str) -> str:
        """Run a program inside a service's container; return what it said, errors as well."""
        return self.compose("exec", "-T", service, "python", "-c", program, check=False)

    @staticmethod
    def until(what: str, holds: Callable[[], bool], patience: float = 240.0) -> None:
        """Wait until something holds. Raises CheckError after `patience` seconds."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with contextlib.suppress(CheckError):
                if holds():
                    return
            time.sleep(1)
        message = f"not within {patience:g} s: {what}"
        raise CheckError(message)
