"""Docreel in containers on a Supabase project: ready, let in, processed, and kept apart."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose.engine import ROOT, CheckError, Engine, free_port
from tests.compose.jobs import SAMPLE, say

_SAID = re.compile(r"serves at (\S+) \(publishable key: (\S+), secret key: (\S+)\)")
_DOCREEL = Path(sys.executable).with_name("docreel")
_PASSWORD = "right horse"  # noqa: S105 - at the double
_PATIENCE = 600.0  # seconds for a job


@dataclass(frozen=True)
class Double:
    """Where it serves, to containers and to this machine alike."""

    url: str
    publishable: str
    secret: str

    @property
    def settings(self) -> dict[str, str]:
        """What the Compose files are told of the project."""
        return {
            "DATABASE_URL": "postgresql://postgres:docreel@project:5432/docreel",
            "SUPABASE_URL": self.url,
            "SUPABASE_SECRET_KEY": self.secret,
            "SUPABASE_PUBLISHABLE_KEY": self.publishable,
        }

    def sign_up(self, email: str) -> str:
        """Make an account; return an access token."""
        body = json.dumps({"email": email, "password": _PASSWORD}).encode()
        headers = {"Content-Type": "application/json", "apikey": self.publishable}
        request = urllib.request.Request(f"{self.url}/auth/v1/signup", body, headers)  # noqa: S310
        with _opener().open(request, timeout=30) as answer:
            return str(json.load(answer)["access_token"])


@contextmanager
def _double() -> Iterator[Double]:
    # The bridge's own address is this machine's, from within containers and from outside.
    format_ = "{{(index .IPAM.Config 0).Gateway}}"
    address = Engine.docker("network", "inspect", "bridge", "--format", format_).strip()
    process = subprocess.Popen(  # noqa: S603 - fixed words
        [sys.executable, "-m", "simulators.supabase", "0", "--tied", "--host", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    try:
        found = _SAID.search(process.stdout.readline() if process.stdout else "")
        if found is None:
            message = "the double of Supabase did not start"
            raise CheckError(message)
        yield Double(found[1], found[2], found[3])
    finally:
        process.communicate()


def supabase(engine: Engine) -> None:
    """With accounts on, all becomes ready; a user processes a video, and another sees nothing."""
    with _double() as double, TemporaryDirectory() as folder:
        files = ("docker-compose.supabase.yml", "tests/compose/supabase.yml")
        own = replace(
            engine.with_settings(**double.settings),
            name=f"{engine.name}-supabase",
            port=free_port(),
            management=free_port(),
            files=(*engine.files, *files),
        )
        try:
            own.up()
            say("all services are ready with accounts on")
            _check(own, double, Path(folder))
        except CheckError:
            say(own.compose("logs", "--no-color", "--tail", "15", check=False))
            raise
        finally:
            own.compose("down", "--volumes", "--remove-orphans", "--timeout", "60")


def _check(engine: Engine, double: Double, folder: Path) -> None:
    told = [_asked(engine, path)[1] for path in ("/readyz", "/metrics")]
    if json.loads(told[0]) != {"ready": True} or b"docreel_jobs" in told[1]:
        message = f"strangers are to learn whether the gateway is ready, and no more: {told}"
        raise CheckError(message)
    double.sign_up("ada@example.org")
    stranger = double.sign_up("mallory@example.org")
    environment = {
        "DOCREEL_URL": engine.url,
        "PATH": "/usr/bin:/bin",
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    _docreel(environment, f"{_PASSWORD}\n", "login", "--email", "ada@example.org")
    results = folder / "results"
    _docreel(environment, "", "process", SAMPLE, "--languages", "es", "--out", results)
    languages = sorted(path.name for path in (results / "docs").glob("*"))
    if languages != ["en", "es"]:
        message = f"there are documents in {languages}"
        raise CheckError(message)
    video = json.loads((results / "job.json").read_bytes())["video_id"]
    seen, _ = _asked(engine, f"/api/videos/{video}", stranger)
    if seen != 404:
        message = f"another organization's user was answered {seen}"
        raise CheckError(message)
    say("a user logged in, and processed the sample by the project's Storage; another sees nothing")


def _docreel(environment: dict[str, str], given: str, *words: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [_DOCREEL, *words],
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        message = f"docreel {words[0]}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        raise CheckError(message)


def _asked(engine: Engine, path: str, token: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{engine.url}{path}", headers=headers)  # noqa: S310 - ours
    try:
        with _opener().open(request, timeout=30) as answer:
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
