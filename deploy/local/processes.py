"""What both local servers share: reachable folders, free ports, processes that leave no trace."""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
PAUSE = 0.05
_OUTSIDE = Path("/var/tmp")  # noqa: S108 - the owner of what is found there is checked


class LocalServerError(RuntimeError):
    """A local server could not be started or stopped; the message says what to do."""


class ServerMissing(LocalServerError):  # noqa: N818 - the name callers were promised
    """The program to start is not installed."""


@dataclass(frozen=True)
class Account:
    """The user that a server runs as; without a name it is the user who runs this program."""

    name: str | None = None

    @classmethod
    def unprivileged(cls, name: str) -> "Account":
        """Give the named user when this program runs as root, and its own user otherwise."""
        if os.geteuid() != 0:
            return cls()
        try:
            pwd.getpwnam(name)
        except KeyError:
            msg = f"This machine has no user {name!r}, which the server needs when started as root."
            raise ServerMissing(msg) from None
        if shutil.which("setpriv") is None:
            msg = "setpriv is missing: install util-linux, or run this as a user other than root."
            raise ServerMissing(msg)
        return cls(name)

    def command(self, arguments: Sequence[str], death_signal: str) -> list[str]:
        """Wrap a command so that it runs as this user and ends when this program dies."""
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            return list(arguments)
        wrapped = [setpriv, "--pdeathsig", death_signal]
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            wrapped += [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        return [*wrapped, "--", *arguments]

    def own(self, folder: Path) -> None:
        """Create a folder that only this user can open."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Tell whether this user can walk down to a path that exists."""
        if self.name is None:
            return True
        path = path.resolve()
        return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def digest(path: Path) -> str:
    """Name a path in ten characters, so that two clones of a project never share anything."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]


def home_for(folder: Path, account: Account, kind: str) -> Path:
    """Give the folder for a server's files: the one asked for, or one the account can reach."""
    folder.mkdir(parents=True, exist_ok=True)
    if account.reaches(folder):
        return folder.resolve()
    home = _OUTSIDE / f"docreel-{kind}-{digest(folder)}"
    home.mkdir(mode=0o755, exist_ok=True)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        msg = f"{home} belongs to somebody else: remove it, then start again."
        raise LocalServerError(msg)
    home.chmod(0o755)
    return home


def outside_homes(folder: Path) -> list[Path]:
    """Name what `home_for` made outside for the servers in a folder, however deep."""
    servers = {"postgres": "postgres.port", "rabbitmq": "rabbitmq.ports"}
    homes = [
        _OUTSIDE / f"docreel-{kind}-{digest(file.parent)}"
        for kind, ports in servers.items()
        for file in folder.rglob(ports)
    ]
    return [home for home in homes if home.exists()]


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on this port of an interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def kept_ports(file: Path, count: int) -> list[int]:
    """Give the ports noted in a file, or other ones where another program has taken them."""
    try:
        ports = [int(word) for word in file.read_text().split()]
    except (OSError, ValueError):
        ports = []
    if len(ports) != count or not all(map(is_free, ports)):
        ports = free_ports(count)
        file.write_text(" ".join(map(str, ports)))
    return ports


def free_ports(count: int) -> list[int]:
    """Give ports of the loopback interface that nobody uses at this moment."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def command_of(pid: int) -> str:
    """Give a running process's command line, or nothing where there is no such process."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    shown = subprocess.run(  # noqa: S603 - a number is all that varies
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout


def await_end_of_predecessor(pid_file: Path, mark: str, seconds: float = 20) -> None:
    """Wait for a server whose program was killed; forget a number that names another process."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        pid_file.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + seconds
    while mark in command_of(pid):
        if time.monotonic() > deadline:
            msg = f"Process {pid} already serves {pid_file.parent}: stop it (kill {pid}) and retry."
            raise LocalServerError(msg)
        time.sleep(PAUSE)
    pid_file.unlink(missing_ok=True)


def tail(log: Path, lines: int = 5) -> str:
    """Give a log's last lines for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


@dataclass
class Group:
    """A server's process and all that it starts, in a session of their own."""

    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def launch(
        cls, command: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str]
    ) -> "Group":
        """Start a command whose output goes to a log."""
        with log.open("ab") as out:
            return cls(
                subprocess.Popen(  # noqa: S603 - the command is built here, without a shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=dict(env),
                    start_new_session=True,
                )
            )

    def send(self, number: signal.Signals) -> bool:
        """Signal every process of the group and tell whether there was one."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def ended(self, seconds: float) -> bool:
        """Wait for every process of the group and tell whether all have ended."""
        deadline = time.monotonic() + seconds
        while True:
            gone = self.process.poll() is not None
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return gone
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)

    def end(self, polite: signal.Signals, seconds: float) -> None:
        """Ask the server to end, then insist on the whole group."""
        self.process.send_signal(polite)
        if not self.ended(seconds):
            self.send(signal.SIGKILL)
            self.ended(5)
