"""Tiptap's own schema, in Node, as a judge of documents."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.npm import NODE, installed, run

HERE = Path(__file__).resolve().parent


class Editor:
    """Documents as the editor sees them; its packages are installed once for a lock file."""

    def __init__(self, state: Path) -> None:
        self._folder = installed(HERE, state)
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
        done = run([NODE, "check.mjs", what], self._folder, given)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _within(ours: Any, theirs: Any) -> bool:
    """Say whether all that we wrote is still there; the editor adds attributes' defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(key in theirs and _within(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_within, ours, theirs))
    return bool(ours == theirs)
