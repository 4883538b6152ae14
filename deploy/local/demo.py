"""The main job on the sample video, on a stack of its own or the one that runs."""

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

from deploy.local.background import Background
from deploy.local.guardian import ROOT
from deploy.local.processes import LocalServerError
from deploy.local.simulated import simulated
from deploy.local.state import State

SAMPLE = ROOT / "samples" / "sample.mp4"
RESULTS = Path("out") / "demo"
LANGUAGE = "es"
SIMULATED = "simulated"


def run(state: State, engine: str, *, stays: bool = False) -> int:
    """Process the sample; return the exit status of the command.

    `engine` is "simulated" for a Gemini that is none, else the one that the environment says. A
    demo that `stays` serves the page with the results until it is interrupted.
    """
    if engine != SIMULATED:
        return _run(state, stays=stays)
    if state.holder() is not None:
        msg = "A stack of this clone runs already, with its own engine: `make down` first."
        raise LocalServerError(msg)
    with simulated() as gemini:
        _say(f"Engine: a simulated Gemini at {gemini.url}; nothing is sent anywhere else.")
        status = _run(state, stays=stays)
        _say(gemini.report())
        return status


def _run(state: State, *, stays: bool) -> int:
    command = [sys.executable, "-m", "deploy.local", "up", "--port", "0"]
    with Background(state, command) as background:
        facts = background.await_ready()
        arguments = ["process", str(SAMPLE.relative_to(ROOT)), "--out", str(RESULTS), "--force"]
        if _translates(facts.gateway):
            arguments += ["--languages", LANGUAGE]
        else:
            _say(f"No translation: the engine does not know {LANGUAGE!r} here.")
        _say(f"docreel {' '.join(arguments)}")
        program = Path(sys.executable).with_name("docreel")
        done = subprocess.run(  # noqa: S603 - our own command
            [str(program), *arguments],
            cwd=ROOT,
            env={**os.environ, "DOCREEL_URL": facts.gateway},
            check=False,
        )
        if (ROOT / RESULTS).exists() and done.returncode in {0, 3}:
            _say(f"The results lie in {ROOT / RESULTS}.")
        if stays and (ROOT / RESULTS / "job.json").exists():
            video = json.loads((ROOT / RESULTS / "job.json").read_bytes())["video_id"]
            _say(f"Read, watch and edit them at {facts.gateway}/videos/{video}")
            if background.process is not None:
                _say("Ctrl-C ends it.")
                _await_interrupt()
        if background.process is not None:
            _say("Stopping the stack.")
    return done.returncode


def _await_interrupt() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _translates(gateway: str) -> bool:
    """Ask the gateway whether the translator knows the demo's language."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{gateway}/api/engine", timeout=30) as answer:
            languages = json.load(answer)["languages"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        msg = f"The gateway does not tell its languages ({error}): see .local/logs/gateway.log."
        raise LocalServerError(msg) from error
    return languages is None or LANGUAGE in languages


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
