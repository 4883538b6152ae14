"""The stack's lines: each service's output with its name before it, and in a log of its own."""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

STACK = "stack"


class Output:
    """Writes whole lines to standard output, and each service's to `<folder>/<name>.log`."""

    def __init__(self, folder: Path, width: int = len(STACK)) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.width = max(width, len(STACK))
        self._lock = threading.Lock()
        self._open = True

    def say(self, text: str) -> None:
        """Write what the stack itself has to say."""
        for line in text.splitlines() or [""]:
            self._write(STACK, line)

    def log(self, name: str) -> Path:
        """Name the log of a service."""
        return self.folder / f"{name}.log"

    def follow(self, name: str, stream: IO[bytes]) -> threading.Thread:
        """Write a process's output until it ends, in a thread of its own."""

        def read() -> None:
            with stream, self.log(name).open("ab", buffering=0) as log:
                for line in stream:
                    log.write(line if line.endswith(b"\n") else line + b"\n")
                    self._write(name, line.decode(errors="replace").rstrip("\r\n"))

        thread = threading.Thread(target=read, name=f"output of {name}", daemon=True)
        thread.start()
        return thread

    def _write(self, name: str, line: str) -> None:
        with self._lock:
            if not self._open:
                return
            try:
                sys.stdout.write(f"{name:<{self.width}} | {line}\n")
                sys.stdout.flush()
            except (OSError, ValueError):
                # Whoever read this has gone; the logs go on, and so does the stack.
                self._open = False
                with suppress(OSError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
