"""docs/supabase.md, done line by line: from an empty project to the first document.

The commands are taken from the document. The project is the double of Supabase, a process of its
own, with an empty database; the stack is what `make up` starts; people are in a real browser.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.local import web
from tests.support import servers
from tests.support.services import ROOT
from tests.test_end_to_end import SAMPLE
from tests.web.walks import walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

DOCUMENT = ROOT / "docs" / "supabase.md"
EMAIL, PASSWORD, STRANGER = "ada@example.org", "right horse", "mallory@example.org"
_SAID = re.compile(r"serves at (\S+) \(publishable key: (\S+), secret key: (\S+)\)")
_PATIENCE = 400  # seconds for a command


def blocks() -> list[list[str]]:
    """The commands that the document tells to run, a list for each block."""
    found = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]


@dataclass
class Project:
    """A double of Supabase, and the shell of somebody who reads the document."""

    url: str
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, line: str, given: str = "") -> str:
        """Run a line of the document; return what it said."""
        done = subprocess.run(  # noqa: S603 - from our own document
            ["/bin/bash", "-c", line],
            cwd=ROOT,
            env=self.environment,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        self.said.append(done.stdout)
        return done.stdout

    def do(self, what: str) -> Any:
        """Do what a walk in the browser asks for: confirm an address by the link in its mail."""
        _, email = what.split()
        (link,) = [mail["link"] for mail in self.ask("/double/mails") if mail["to"] == email]
        with urllib.request.urlopen(link, timeout=10) as answer:  # noqa: S310 - the double's
            return bool(answer.status == 200)

    def ask(self, path: str) -> Any:
        """Ask the double."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def double() -> Iterator[tuple[str, str, str]]:
    """Run the double; yield its URL, publishable key and secret key."""
    with subprocess.Popen(
        [sys.executable, "-m", "simulators.supabase", "0", "--tied", "--confirm"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        found = _SAID.search(process.stdout.readline())
        assert found is not None
        yield found[1], found[2], found[3]
        process.stdin.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for the stack, that servers run by other users reach (pytest's own are not)."""
    path = Path("/var/tmp") / f"docreel-walk-{os.getpid()}"  # noqa: S108 - as above
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def project(postgres: str, place: Path) -> Iterator[Project]:
    known = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SUPABASE_", "DOCREEL_", "DATABASE_", "AMQP_", "PYTEST"))
    }
    with double() as (url, publishable, secret), servers.own_database(postgres) as dsn:
        given = {
            "SUPABASE_URL": url,
            "DATABASE_URL": dsn,
            "SUPABASE_SECRET_KEY": secret,
            "SUPABASE_PUBLISHABLE_KEY": publishable,
        }
        # What the document sets is what somebody needs, no less and no more.
        (exports, *_) = blocks()
        assert [re.split("[ =]", line)[1] for line in exports] == list(given)
        aside = {"DOCREEL_STATE": str(place / "state"), "XDG_CONFIG_HOME": str(place / "config")}
        reader = Project(url, {**known, **given, **aside})
        try:
            yield reader
        finally:
            reader.run("make down")


def test_the_document_leads_from_an_empty_project_to_the_first_document(
    project: Project, place: Path, builder: web.Node
) -> None:
    if shutil.which("apertium") is None:
        pytest.skip("no apertium: `make tools` installs it, as root on Debian")
    state = place / "state"
    _, tables, services, login, first, end = blocks()
    for line in tables:
        project.run(line)
    assert "20261124000000" in project.said[-1]
    (up,) = services
    project.run(up)
    gateway = (state / "gateway.url").read_text().strip()
    assert gateway in project.said[-1]
    # Where this clone's own stack is, the command finds it by itself; this one is beside it.
    project.environment["DOCREEL_URL"] = gateway
    _check_probes(state, gateway)

    walk(builder, "account", gateway, EMAIL, PASSWORD, do=project.do, script="accounts.mjs")
    (log_in,) = login
    assert EMAIL in log_in
    said = project.run(log_in, f"{PASSWORD}\n")
    assert f"Organization: {EMAIL} (owner)" in said

    process, look = first
    results = str(place / "first")
    assert "Complete" in project.run(process.replace("out/first", results))
    for article in (".md", ".json"):
        assert project.run(look.replace("out/first", results)).count(article) >= 4

    # By the page as well, to Storage; and somebody else sees nothing of it.
    film = place / "talk.mp4"
    film.write_bytes(SAMPLE.read_bytes())
    words = (gateway, EMAIL, PASSWORD, str(film), STRANGER)
    walk(builder, "stack", *words, do=project.do, script="accounts.mjs")

    log_out, down = end
    assert f"Logged out of {gateway}" in project.run(log_out)
    refused = subprocess.run(  # noqa: S603 - our own command
        [ROOT / ".venv" / "bin" / "docreel", "jobs"],
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "You are not logged in" in refused.stderr
    assert "Stopped." in project.run(down)
    assert not (state / "gateway.url").exists()


def _check_probes(state: Path, gateway: str) -> None:
    """With accounts on, anybody is told that it is ready; metrics are where nobody else looks."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{gateway}/readyz", timeout=10) as answer:
        assert json.load(answer) == {"ready": True}
    metrics = json.loads((state / "stack.json").read_text())["metrics"]
    assert not any(address.startswith(gateway) for address in metrics.values())
    for name in ("gateway", "translator"):
        with opener.open(metrics[name], timeout=10) as answer:
            assert b"docreel_" in answer.read(), name
