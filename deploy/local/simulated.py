"""A simulated Gemini beside the stack, for whoever wants to see that engine without an account."""

import http.client
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.local import tied

# What its results are labelled with: nobody shall take them for a model's.
_MODEL = "gemini-simulated"
_SAID = re.compile(r"serves at (\S+) \(key: (\S+)\)")


@dataclass(frozen=True, slots=True)
class Simulated:
    """Where it serves, and the key that it takes."""

    url: str
    key: str

    def report(self) -> str:
        """Return a sentence about what it was asked."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/simulator", timeout=10) as answer:
                told = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"The simulated Gemini does not tell what it was asked: {error}."
        calls = sum(told["answers"].values())
        return (
            f"The simulated Gemini answered {calls} calls of {told['prompt_tokens']} tokens in and "
            f"{told['output_tokens']} out, {told['most_at_once']} side by side at most. "
            "Its words are made up: only the machinery is real."
        )


@contextmanager
def simulated() -> Iterator[Simulated]:
    """Run a simulator as long as the context lasts; processes started in it speak to it.

    Raises LocalServerError where it does not start.
    """
    with tied.running("simulators.gemini", _SAID, _settings) as found:
        yield Simulated(found[1], found[2])


def _settings(found: re.Match[str]) -> dict[str, str]:
    return {"GEMINI_BASE_URL": found[1], "GEMINI_API_KEY": found[2], "GEMINI_MODEL": _MODEL}
