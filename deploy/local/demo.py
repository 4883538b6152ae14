"""The main job on the sample video, on a stack of its own or the one that runs."""

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.accounts import Person, double
from deploy.local.background import Background
from deploy.local.guardian import ROOT
from deploy.local.processes import LocalServerError
from deploy.local.simulated import simulated
from deploy.local.state import State

SAMPLE = ROOT / "samples" / "sample.mp4"
RESULTS = Path("out") / "demo"
LANGUAGE = "es"
SIMULATED = "simulated"
DOUBLE = "double"


def run(state: State, engine: str, project: str = "", *, stays: bool = False) -> int:
    """Process the sample; return the exit status of the command.

    `engine` is "simulated" for a Gemini that is none, else the one that the environment says;
    `project` is "double" for accounts and a storage of a Supabase that is none. A demo that `stays`
    serves the page with the results until it is interrupted.
    """
    if (engine or project) and state.holder() is not None:
        msg = "A stack of this clone runs already, with its own settings: `make down` first."
        raise LocalServerError(msg)
    with ExitStack() as opened:
        gemini = opened.enter_context(simulated()) if engine == SIMULATED else None
        if gemini is not None:
            _say(f"Engine: a simulated Gemini at {gemini.url}; nothing is sent anywhere else.")
        person = None
        if project == DOUBLE:
            supabase = opened.enter_context(double())
            _say(f"Accounts and storage: a double of Supabase at {supabase.url}.")
            _say("It is no Supabase: it runs here, in memory, and forgets all when the demo ends.")
            person = supabase.sign_up(Path(opened.enter_context(TemporaryDirectory())))
        status = _run(state, person, stays=stays)
        if gemini is not None:
            _say(gemini.report())
        return status


def _run(state: State, person: Person | None, *, stays: bool) -> int:
    command = [sys.executable, "-m", "deploy.local", "up", "--port", "0"]
    with Background(state, command) as background:
        facts = background.await_ready()
        environment = dict(os.environ)
        if person is not None:
            person.log_in(facts.gateway)
            environment = person.environment
        arguments = ["process", str(SAMPLE.relative_to(ROOT)), "--out", str(RESULTS), "--force"]
        token = person.token if person else os.environ.get("DOCREEL_TOKEN", "")
        if _translates(facts.gateway, token):
            arguments += ["--languages", LANGUAGE]
        else:
            _say(f"No translation: the engine does not know {LANGUAGE!r} here.")
        _say(f"docreel {' '.join(arguments)}")
        program = Path(sys.executable).with_name("docreel")
        done = subprocess.run(  # noqa: S603 - our own command
            [str(program), *arguments],
            cwd=ROOT,
            env={**environment, "DOCREEL_URL": facts.gateway},
            check=False,
        )
        if (ROOT / RESULTS).exists() and done.returncode in {0, 3}:
            _say(f"The results lie in {ROOT / RESULTS}.")
        if stays and (ROOT / RESULTS / "job.json").exists():
            _show(facts.gateway, person)
            if background.process is not None:
                _say("Ctrl-C ends it.")
                _await_interrupt()
        if background.process is not None:
            _say("Stopping the stack.")
    return done.returncode


def _show(gateway: str, person: Person | None) -> None:
    video = json.loads((ROOT / RESULTS / "job.json").read_bytes())["video_id"]
    _say(f"Read, watch and edit them at {gateway}/videos/{video}")
    if person is not None:
        _say(f"Log in there as {person.email} with the password {person.password}")


def _await_interrupt() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _translates(gateway: str, token: str) -> bool:
    """Ask the gateway whether the translator knows the demo's language."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    login = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{gateway}/api/engine", headers=login)  # noqa: S310 - ours
    try:
        with opener.open(request, timeout=30) as answer:
            languages = json.load(answer)["languages"]
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.UNAUTHORIZED:
            msg = f"The gateway does not tell its languages ({error})."
            raise LocalServerError(msg) from error
        msg = (
            "SUPABASE_URL is set, so this stack has accounts, and the demo knows none of them: "
            "`make up`, `docreel login` and `docreel process samples/sample.mp4` do the same on "
            "your project; `make demo SUPABASE=double` needs none."
        )
        raise LocalServerError(msg) from error
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        msg = f"The gateway does not tell its languages ({error}): see .local/logs/gateway.log."
        raise LocalServerError(msg) from error
    return languages is None or LANGUAGE in languages


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
