"""Ends what a killed stack left: a process that outlives the stack and knows what it started.

The stack names its process groups, files and containers on a pipe. When the pipe closes, because
the stack has ended or was killed, the guardian ends what is still there, and only then lets go of
the stack's lock: the next start never meets remains of the last.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from deploy.local.state import State

ROOT = Path(__file__).resolve().parents[2]
MARK = "DOCREEL_STACK"
_GRACE = 5.0  # seconds between asking and insisting
_PAUSE = 0.05


class Guardian:
    """The stack's side of the pipe."""

    def __init__(self, state: State, lock: int) -> None:
        # Names the stack in its services' environment, so that even their orphans are found.
        self.mark = secrets.token_hex(8)
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [
                *(sys.executable, "-m", "deploy.local.guardian"),
                *(str(state.folder.resolve()), str(lock), self.mark),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            pass_fds=[lock],
            start_new_session=True,
        )

    def watch(self, kind: str, *words: str) -> None:
        """Name what must not outlive the stack: `group ID`, `file PATH` or `container TOOL NAME`.

        A group is ended in the order of naming, latest first.
        """
        self._tell("+", kind, *words)

    def release(self, kind: str, *words: str) -> None:
        """Name what is gone, in the words in which it was named."""
        self._tell("-", kind, *words)

    def end(self) -> None:
        """Let the guardian end what is left, and wait for that."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, *words: str) -> None:
        if self._process.stdin is not None:
            # A guardian that somebody killed is missed only when the stack is killed too.
            with suppress(BrokenPipeError):
                self._process.stdin.write(("\t".join(words) + "\n").encode())
                self._process.stdin.flush()


def guard(state: State, lock: int, mark: str, lines: Iterable[str]) -> None:
    """Remember what the lines name until they end; then end it."""
    named: dict[tuple[str, ...], None] = {}
    for line in lines:
        sign, *words = line.rstrip("\n").split("\t")
        if sign == "+":
            named[tuple(words)] = None
        else:
            named.pop(tuple(words), None)
    state.forget(lock)
    groups = [int(words[1]) for words in reversed(named) if words[0] == "group"]
    _end(groups, _marked(mark))
    for kind, *words in named:
        if kind == "file":
            with suppress(OSError):
                Path(words[0]).unlink(missing_ok=True)
        if kind == "container":
            tool, name = words
            subprocess.run(  # noqa: S603 - the stack's own words
                [tool, "rm", "--force", name], capture_output=True, check=False
            )


def _end(groups: list[int], processes: list[int]) -> None:
    deadline = time.monotonic() + _GRACE
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        deadline = time.monotonic() + patience
        left = [*(-group for group in groups), *processes]
        for one in left:
            with suppress(OSError):
                os.kill(one, number)
        while (left := [one for one in left if _exists(one)]) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if not left:
            return


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if pid < 0 or not Path("/proc/self/stat").exists():
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def _marked(mark: str) -> list[int]:
    """Find the processes whose environment names the stack, where the system shows it."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in each.read_bytes().split(b"\0"):
                found.append(int(each.parent.name))
    return found


if __name__ == "__main__":
    for each_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each_number, signal.SIG_IGN)
    guard(State(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3], sys.stdin)
