"""What a clone keeps of its running stack: who holds the lock, and where everything answers."""

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

_CLONE = Path(__file__).resolve().parents[2]
_PAUSE = 0.05


@dataclass(frozen=True)
class Facts:
    """What `.local/stack.json` says; `services` maps each name to its process id, 0 for none."""

    pid: int
    ready: bool = False
    gateway: str = ""
    management: str = ""
    user: str = ""
    password: str = ""
    amqp_url: str = ""
    database_url: str = ""
    services: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)  # each service's, for Prometheus


@dataclass(frozen=True)
class State:
    """The folder that one stack owns, `.local/` of its clone."""

    folder: Path

    @classmethod
    def of_clone(cls) -> "State":
        """Return this clone's, or the one in DOCREEL_STATE: a second stack beside the first."""
        return cls(Path(os.environ.get("DOCREEL_STATE") or _CLONE / ".local").resolve())

    @property
    def url_file(self) -> Path:
        """Where the command looks for the gateway's address."""
        return self.folder / "gateway.url"

    @property
    def facts_file(self) -> Path:
        """Where the addresses of the running stack stand, readable to its owner only."""
        return self.folder / "stack.json"

    @property
    def lock_file(self) -> Path:
        """The file whose lock a running stack holds, and which names its process."""
        return self.folder / "stack.lock"

    @property
    def logs(self) -> Path:
        """The folder of the logs, one a service, and `stack.log` of a detached stack."""
        return self.folder / "logs"

    def write(self, facts: Facts) -> None:
        """Write the facts so that a reader sees either the old or the new ones."""
        fresh = self.facts_file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(facts), file, indent=2)
        fresh.replace(self.facts_file)
        if facts.ready:
            self.url_file.write_text(facts.gateway + "\n")

    def facts(self) -> Facts | None:
        """Give the facts of the stack that runs now; none where it has told nothing yet."""
        pid = self.holder()
        try:
            found = Facts(**json.loads(self.facts_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.pid == pid else None

    def lock(self) -> int | None:
        """Take the stack's lock and give its descriptor; none where a stack holds it.

        The system lets go of it when the last process that has the descriptor ends.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor

    def is_locked(self) -> bool:
        """Tell whether a stack runs, starts or is being ended."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            # Shared, so that two who ask at once do not take each other for a stack.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def holder(self) -> int | None:
        """Give the process id of the stack that runs or starts; none where there is none.

        A stack that was killed is none, though the lock is held until its processes have ended.
        """
        if not self.is_locked():
            return None
        try:
            pid = int(self.lock_file.read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def await_unlocked(self, seconds: float) -> bool:
        """Wait until no stack holds the lock, and tell whether that came to be."""
        deadline = time.monotonic() + seconds
        while self.is_locked():
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def forget(self, descriptor: int) -> None:
        """Remove what told of the stack whose lock this is."""
        os.ftruncate(descriptor, 0)
        for file in (self.url_file, self.facts_file):
            with suppress(OSError):
                file.unlink(missing_ok=True)
