"""The supervisor, with services of the tests' own: small, and obedient where they should be."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from deploy.local import background
from deploy.local.background import Background
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import LocalServerError
from deploy.local.rabbitmq import PrivateNode
from deploy.local.state import Facts, State

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.integration

SERVICE = """
import http.server, os, subprocess, sys, time
print("hello from", os.environ["STORAGE_DIR"])
if "fails" in sys.argv: sys.exit("I lack a thing")
if "starts" in sys.argv: time.sleep(60)
subprocess.Popen(["sleep", "300"], start_new_session="detached" in sys.argv)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
port = int(os.environ.get("PORT") or os.environ["HEALTH_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""

DRIVER = """
import argparse, sys
from pathlib import Path
from deploy.local.service import Kind
from deploy.local.stack import Plan, run
from deploy.local.state import State
parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("kind")
parser.add_argument("count", type=int)
parser.add_argument("--tie", type=int)
chosen = parser.parse_args()
program = (sys.executable, str(chosen.folder.parent / "service.py"))
kinds = [Kind("worker", (*program, chosen.kind)), Kind("front", program, front=True)]
plan = Plan(
    State(chosen.folder), kinds, {"worker": chosen.count}, port=18700, grace=5, tools=False
)
sys.exit(run(plan, chosen.tie))
"""

Starter = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def space() -> Iterator[Path]:
    """Give a folder that servers run by other users reach (pytest's own are closed to them)."""
    path = Path("/var/tmp") / f"docreel-stack-{os.getpid()}"  # noqa: S108
    path.mkdir(mode=0o755)
    (path / "service.py").write_text(SERVICE)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def shared_servers(space: Path) -> Iterator[dict[str, str]]:
    """Start one database and one broker for the stacks that need none of their own."""
    database, broker = EmbeddedPostgres(space / "postgres"), PrivateNode(space / "rabbitmq")
    try:
        yield {"DATABASE_URL": database.start(), "AMQP_URL": broker.start()}
    finally:
        broker.stop()
        database.stop()


@pytest.fixture
def state(space: Path) -> State:
    return State(space / f"stack-{time.monotonic_ns()}")


def command(state: State, kind: str = "works", count: int = 1) -> list[str]:
    return [sys.executable, "-c", DRIVER, str(state.folder), kind, str(count)]


@pytest.fixture
def starter(shared_servers: Mapping[str, str]) -> Iterator[Starter]:
    """Give what starts a stack on the shared servers, or on its own; what is left is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        state: State, kind: str = "works", count: int = 1, *, alone: bool = False
    ) -> subprocess.Popen[bytes]:
        state.folder.mkdir()
        with (state.folder / "output").open("wb") as output:
            program = subprocess.Popen(  # noqa: S603 - our own code
                command(state, kind, count),
                cwd=ROOT,
                env={**os.environ, **({} if alone else shared_servers)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.wait()


def output(state: State) -> str:
    return (state.folder / "output").read_text()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ready(state: State) -> Facts:
    until(lambda: (facts := state.facts()) is not None and facts.ready)
    facts = state.facts()
    assert facts is not None
    return facts


def processes(state: State) -> list[str]:
    """Name every process whose command or environment has the stack's folder."""
    mark = str(state.folder).encode()
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            seen = (each / "cmdline").read_bytes() + (each / "environ").read_bytes()
        except OSError:
            continue
        # epmd belongs to all nodes of the machine, and outlives each.
        if mark in seen and each.name != str(os.getpid()) and b"epmd" not in seen.split(b"\0")[0]:
            found.append(f"{each.name} {seen[:80]!r}")
    return found


def answers(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310
        return bool(answer.status == 200)


def test_it_serves_with_prefixed_logs_and_leaves_nothing(state: State, starter: Starter) -> None:
    program = starter(state, count=2)
    facts = ready(state)
    assert sorted(facts.services) == ["front", "worker.1", "worker.2"]
    assert answers(facts.gateway)
    assert state.url_file.read_text().strip() == facts.gateway
    assert state.facts_file.stat().st_mode & 0o077 == 0
    assert len(processes(state)) >= 8
    program.send_signal(signal.SIGINT)
    assert program.wait(30) == 0
    assert processes(state) == []
    assert f"worker.2 | hello from {state.folder}/storage" in output(state)
    assert "hello" in (state.logs / "worker.2.log").read_text()
    assert f"stack    | Docreel serves at {facts.gateway}" in output(state)
    assert not state.url_file.exists()
    assert not state.facts_file.exists()


def test_a_service_that_dies_is_started_again(state: State, starter: Starter) -> None:
    program = starter(state)
    before = ready(state).services["worker"]
    os.kill(before, signal.SIGKILL)
    until(lambda: ready(state).services["worker"] not in {0, before})
    assert "worker has ended by itself (SIGKILL); starting it again in 1 s." in output(state)
    program.terminate()
    assert program.wait(30) == 0
    assert processes(state) == []


def test_a_service_that_fails_to_start_is_reported(state: State, starter: Starter) -> None:
    program = starter(state, "fails")
    assert program.wait(30) == 1
    assert "worker ended while starting (exit status 1). It said last:" in output(state)
    assert "stack  | I lack a thing" in output(state)
    assert processes(state) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_while_starting_it_leaves_nothing(
    state: State, starter: Starter, number: signal.Signals
) -> None:
    program = starter(state, "starts", 2)
    until(lambda: "Starting the services" in output(state))
    time.sleep(0.2)
    program.send_signal(number)
    assert program.wait(30) == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    assert state.await_unlocked(15)
    assert processes(state) == []
    # The remains do not stand in the way of the next start.
    assert not state.facts_file.exists()


def test_killed_at_work_even_orphans_of_its_services_end(state: State, starter: Starter) -> None:
    program = starter(state, "detached")
    ready(state)
    program.kill()
    program.wait()
    assert state.await_unlocked(15)
    assert processes(state) == []


@pytest.mark.parametrize("after", [0.3, 1.5, 3.5])
def test_killed_while_its_servers_start_it_leaves_nothing(
    state: State, starter: Starter, after: float
) -> None:
    program = starter(state, alone=True)
    until(lambda: "Starting PostgreSQL" in output(state))
    time.sleep(after)
    program.kill()
    program.wait()
    assert state.await_unlocked(15)
    until(lambda: processes(state) == [], 5)


def test_a_second_start_says_where_the_first_serves(
    state: State, starter: Starter, shared_servers: Mapping[str, str]
) -> None:
    starter(state)
    facts = ready(state)
    second = subprocess.run(  # noqa: S603 - our own code
        command(state),
        cwd=ROOT,
        env={**os.environ, **shared_servers},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"already serves at {facts.gateway}" in second.stdout
    assert background.stop(state)
    assert processes(state) == []
    assert not background.stop(state)


def test_two_stacks_stand_side_by_side_on_servers_of_their_own(
    space: Path, starter: Starter
) -> None:
    states = [State(space / f"side-{name}") for name in ("a", "b")]
    for each in states:
        starter(each, alone=True)
    found = [ready(each) for each in states]
    told = [json.loads(each.facts_file.read_text()) for each in states]
    for key in ("gateway", "management", "amqp_url", "database_url"):
        assert told[0][key] != told[1][key]
    assert all(answers(facts.gateway) for facts in found)
    for each in states:
        assert background.stop(each)
        assert processes(each) == []


def test_in_the_background_it_stays_until_it_is_stopped(
    state: State, shared_servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in shared_servers.items():
        monkeypatch.setenv(key, value)
    with Background(state, command(state)) as started:
        facts = started.await_ready()
        process = started.process
        started.untie()
    assert process is not None
    assert answers(facts.gateway)
    with Background(state, command(state)) as again:
        assert again.await_ready() == facts
    assert answers(facts.gateway)
    assert background.stop(state)
    process.wait(10)
    assert processes(state) == []


def test_a_tied_stack_ends_with_its_starter(
    state: State, shared_servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in shared_servers.items():
        monkeypatch.setenv(key, value)
    with Background(state, command(state)) as started:
        facts = started.await_ready()
        assert answers(facts.gateway)
    assert processes(state) == []


def test_a_stack_that_fails_in_the_background_is_an_error(
    state: State, shared_servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in shared_servers.items():
        monkeypatch.setenv(key, value)
    with (
        Background(state, command(state, "fails")) as started,
        pytest.raises(LocalServerError, match="has not started"),
    ):
        started.await_ready()
    assert processes(state) == []
