"""A double of Supabase beside the stack, for whoever wants to see accounts without a project."""

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import tied
from deploy.local.processes import LocalServerError

_SAID = re.compile(r"serves at (\S+) \(publishable key: (\S+), secret key: (\S+)\)")
EMAIL = "ada@example.org"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the double, whose sessions `docreel` keeps in a folder."""

    email: str
    password: str
    token: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What `docreel` is told to act as this person, and nobody else."""
        known = {name: value for name, value in os.environ.items() if name != "DOCREEL_TOKEN"}
        return {**known, "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)}

    def log_in(self, gateway: str) -> None:
        """Log the command in; raises LocalServerError where it is refused."""
        done = subprocess.run(  # noqa: S603 - our own command
            [Path(sys.executable).with_name("docreel"), "login", "--email", self.email],
            input=f"{self.password}\n",
            text=True,
            env={**self.environment, "DOCREEL_URL": gateway},
            check=False,
        )
        if done.returncode:
            msg = "The command could not log in: it has said why."
            raise LocalServerError(msg)


@dataclass(frozen=True, slots=True)
class Double:
    """Where it serves, and the key that frontends have."""

    url: str
    key: str

    def sign_up(self, folder: Path) -> Person:
        """Make an account; raises LocalServerError where the double refuses."""
        password = secrets.token_urlsafe(12)
        request = urllib.request.Request(  # noqa: S310 - the double's own address
            f"{self.url}/auth/v1/signup",
            json.dumps({"email": EMAIL, "password": password}).encode(),
            {"Content-Type": "application/json", "apikey": self.key},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                token = str(json.load(answer)["access_token"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            msg = f"The double of Supabase makes no account: {error}."
            raise LocalServerError(msg) from error
        return Person(EMAIL, password, token, folder)


@contextmanager
def double() -> Iterator[Double]:
    """Run a double as long as the context lasts; processes started in it have accounts there.

    Raises LocalServerError where it does not start.
    """
    with tied.running("simulators.supabase", _SAID, _settings) as found:
        yield Double(found[1], found[2])


def _settings(found: re.Match[str]) -> dict[str, str]:
    return {
        "SUPABASE_URL": found[1],
        "SUPABASE_PUBLISHABLE_KEY": found[2],
        "SUPABASE_SECRET_KEY": found[3],
    }
