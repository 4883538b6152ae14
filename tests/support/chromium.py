"""A Chromium without a window, as another reader of what Docreel writes."""

import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
_PATIENCE = 280  # seconds: below a test's timeout


def found() -> str | None:
    """Return the program; installs Debian's where this is root. None where none can be had."""
    if (program := _which()) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (("apt-get", "update"), _INSTALL):
            subprocess.run(  # noqa: S603 - fixed words
                words, env=environment, capture_output=True, check=False, timeout=_PATIENCE
            )
        program = _which()
    return program


def shown(program: str, page: Path, *options: str) -> str:
    """Return a page's document once its scripts have run, as HTML."""
    done = subprocess.run(  # noqa: S603 - our own page
        [
            program,
            "--headless",
            "--no-sandbox",  # root has none; the page is ours
            "--disable-gpu",
            f"--user-data-dir={page.parent / 'profile'}",
            "--virtual-time-budget=30000",
            "--dump-dom",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        check=True,
        timeout=120,
        encoding="utf-8",
    )
    return done.stdout


def _which() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
