"""A stand-in beside the stack: a process that says where it serves, and ends with its starter."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from deploy.local.guardian import ROOT
from deploy.local.processes import LocalServerError


@contextmanager
def running(
    module: str, said: re.Pattern[str], settings: Callable[[re.Match[str]], Mapping[str, str]]
) -> Iterator[re.Match[str]]:
    """Run a module as long as the context lasts; `said` is found in its first line.

    Until then the environment, and so each process started in it, has the settings that are made
    of what it said. Raises LocalServerError where it does not start.
    """
    process = subprocess.Popen(  # noqa: S603 - a module of ours
        [sys.executable, "-m", module, "0", "--tied"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        start_new_session=True,
    )
    before: dict[str, str | None] = {}
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        found = said.search(line)
        if found is None:
            msg = f"{module} has not started: it said {line!r}."
            raise LocalServerError(msg)
        for name, value in settings(found).items():
            before[name] = os.environ.get(name)
            os.environ[name] = value
        yield found
    finally:
        for name, old in before.items():
            os.environ.pop(name, None)
            if old is not None:
                os.environ[name] = old
        for end in (process.stdin, process.stdout):
            if end is not None:
                end.close()
        process.wait()
