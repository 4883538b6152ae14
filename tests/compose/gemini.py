"""A simulated Gemini that containers reach, and that counts what it was paid for."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.compose.engine import HOST, ROOT, CheckError

_SAID = re.compile(r"serves at http://\S+:(\d+) \(key: (\S+)\)")


@dataclass(frozen=True)
class Gemini:
    """Where it serves."""

    port: int
    key: str

    @property
    def settings(self) -> dict[str, str]:
        """What services are told to use it."""
        return {
            "GEMINI_API_KEY": self.key,
            "GEMINI_BASE_URL": f"http://{HOST}:{self.port}",
            "GEMINI_MODEL": "gemini-simulated",
        }

    def answers(self) -> int:
        """Return how many calls it has answered."""
        url = f"http://127.0.0.1:{self.port}/simulator"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return sum(json.load(answer)["answers"].values())


@contextmanager
def simulated(seconds: float) -> Iterator[Gemini]:
    """Run it as long as the context lasts; each answer takes so many seconds."""
    process = subprocess.Popen(  # noqa: S603 - fixed words
        [sys.executable, "-m", "simulators.gemini", "0", "--tied", "--host", "0.0.0.0",  # noqa: S104 - containers come from their own network
         "--name", HOST, "--seconds", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )  # fmt: skip
    try:
        found = _SAID.search(process.stdout.readline() if process.stdout else "")
        if found is None:
            message = "the simulated Gemini did not start"
            raise CheckError(message)
        yield Gemini(int(found[1]), found[2])
    finally:
        process.communicate()
