"""A stack in the background: started and waited for, asked about, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from deploy.local.guardian import ROOT
from deploy.local.output import STACK
from deploy.local.processes import LocalServerError
from deploy.local.stack import described
from deploy.local.state import Facts, State

TIE = "--tie"
_PAUSE = 0.1
_PATIENCE = 150.0  # seconds for a stop: the services' grace, the servers, and some more


@dataclass
class Background:
    """A stack in a process of its own, which ends with this object unless `untie` was called.

    `command` starts the stack and takes `--tie FD` (see `stack.run`). Where a stack of the clone
    runs already, that one is used and left alone.
    """

    state: State
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    _tie: int = -1

    def __enter__(self) -> Self:
        """Return itself; `await_ready` starts the stack."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the stack if this started it, and wait for its end."""
        if self._tie >= 0:
            os.close(self._tie)
            self._tie = -1
        if self.process is not None:
            with _undisturbed():
                self.process.wait()

    def await_ready(self) -> Facts:
        """Start a stack where there is none, show what it says, and return where it serves.

        Raises LocalServerError where it ends while starting; it has said why.
        """
        if self.state.holder() is None:
            self._launch()
        log = self.state.logs / "stack.log"
        shown = 0
        while True:
            ended = self.process is not None and self.process.poll() is not None
            if self.process is not None:
                shown = _show(log.read_bytes(), shown)
            facts = self.state.facts()
            if facts is not None and facts.ready:
                return facts
            if ended or (self.process is None and self.state.holder() is None):
                msg = f"The stack has not started: see {log}."
                raise LocalServerError(msg)
            time.sleep(_PAUSE)

    def untie(self) -> None:
        """Let the stack run on."""
        if self._tie >= 0:
            with suppress(BrokenPipeError):
                os.write(self._tie, b"\n")
            os.close(self._tie)
            self._tie = -1
        self.process = None

    def _launch(self) -> None:
        self.state.logs.mkdir(parents=True, exist_ok=True)
        reading, self._tie = os.pipe()
        try:
            with (self.state.logs / "stack.log").open("wb") as log:
                self.process = subprocess.Popen(  # noqa: S603 - our own module
                    [*self.command, TIE, str(reading)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=ROOT,
                    pass_fds=[reading],
                    start_new_session=True,
                )
        finally:
            os.close(reading)


def stop(state: State) -> bool:
    """Stop the stack of this clone and wait for its end; false where there was none.

    Raises LocalServerError where it does not end.
    """
    found = state.is_locked()
    pid = state.holder()
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    if state.await_unlocked(_PATIENCE):
        return found
    if pid is not None and state.holder() == pid:
        # Its guardian ends what it leaves.
        os.kill(pid, signal.SIGKILL)
        if state.await_unlocked(30):
            return True
    msg = f"The stack does not end: see who holds {state.lock_file}."
    raise LocalServerError(msg)


def status(state: State) -> tuple[list[str], bool]:
    """Tell what runs, in lines, and whether it is ready."""
    facts = state.facts()
    if facts is None or not facts.ready:
        told = (
            "The stack is starting." if state.holder() else "No stack runs: `make up` starts one."
        )
        return [told], False
    services = [
        f"  {name}: {f'process {pid}' if pid else 'is to be started again'}, "
        f"metrics at {facts.metrics.get(name, 'an unknown port')}"
        for name, pid in facts.services.items()
    ]
    return [*described(facts), *services], True


def _show(text: bytes, shown: int) -> int:
    """Print the stack's own lines after `shown` bytes; return how far it got."""
    whole = text.rfind(b"\n") + 1
    for line in text[shown:whole].decode(errors="replace").splitlines():
        name, bar, said = line.partition(" | ")
        # What comes without a name was said before there was a stack, or is a traceback.
        if not bar or name.strip() == STACK:
            sys.stdout.write((said if bar else line) + "\n")
    sys.stdout.flush()
    return max(whole, shown)


class _undisturbed:  # noqa: N801 - used as a statement
    """Ignores a further Ctrl-C meanwhile."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
