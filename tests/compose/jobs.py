"""Jobs, as a person starts them, and what must hold of their ledger afterwards."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose.engine import ROOT, CheckError, Engine

SAMPLE = ROOT / "samples" / "sample.mp4"
_DOCREEL = Path(sys.executable).with_name("docreel")
_PATIENCE = 600.0  # seconds for a job among others


def say(text: str) -> None:
    """Tell what was seen."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def process(engine: Engine, languages: str = "es,ca,gl", video: Path = SAMPLE) -> None:
    """Process a video through the command. Raises CheckError where anything is missing."""
    with TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own command
            [_DOCREEL, "process", video, "--languages", languages, "--out", folder],
            env={"DOCREEL_URL": engine.url, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        written = sorted(path.name for path in Path(folder, "docs").glob("*"))
    if done.returncode or written != sorted(["en", *languages.split(",")]):
        message = f"the job ended with {done.returncode}, {written}:\n{done.stdout[-2000:]}"
        raise CheckError(message + done.stderr[-2000:])


def nothing_repeated(engine: Engine) -> None:
    """Hold the ledger against what was promised. Raises CheckError."""
    open_jobs = engine.sql("select id, status from processing_jobs where status <> 'completed'")
    unknown = engine.sql("select job_id, unit from work_units where unknown_calls > 0")
    undone = engine.sql("select job_id, unit, state from work_units where state <> 'done'")
    dead = [name for name, (n, _) in engine.queues().items() if n and "dead" in name]
    if open_jobs or unknown or undone or dead:
        message = f"open {open_jobs}, perhaps paid twice {unknown}, undone {undone}, dead {dead}"
        raise CheckError(message)
