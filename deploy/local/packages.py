"""Installs what the stack needs from Debian, when it is root there, without starting anything."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.guardian import Guardian
from deploy.local.processes import Account, Group, tail

TOOLS = ("apertium", "apertium-eng-spa", "apertium-eng-cat", "apertium-en-gl", "tesseract-ocr-eng")
# What only tests use: a browser that looks at the web page, and promtool, which reads the alerts.
CHECKERS = ("chromium", "prometheus")
POLICY = Path("/usr/sbin/policy-rc.d")
_PATIENCE = 600.0  # seconds for one run of apt-get
_OPTIONS = (
    *("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"),
    *("-o", "DPkg::Lock::Timeout=120"),
)


@dataclass(frozen=True)
class Packages:
    """apt-get, as the stack uses it; what it says goes to the log."""

    log: Path
    say: Callable[[str], None]
    guardian: Guardian

    @staticmethod
    def missing(names: Sequence[str]) -> list[str]:
        """Name those that are not installed; on other systems than Debian, all of them."""
        if shutil.which("dpkg-query") is None:
            return list(names)
        shown = subprocess.run(  # noqa: S603 - fixed words and our own names
            ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *names],  # noqa: S607 - found above
            capture_output=True,
            text=True,
            check=False,
        )
        lines = shown.stdout.splitlines()
        return [name for name in names if f"{name} installed" not in lines]

    @staticmethod
    def can_install() -> bool:
        """Tell whether this program may install Debian's packages."""
        return os.geteuid() == 0 and shutil.which("apt-get") is not None

    def install(self, names: Sequence[str]) -> bool:
        """Install packages and tell whether all are there now; none of their servers is started."""
        self.say(f"Installing {' '.join(names)} with apt-get (log: {self.log}).")
        ours = self._forbid_services()
        try:
            self._run("dpkg", "--configure", "-a")  # in case that an earlier run was killed
            if not self._get("install", *names):
                self._get("update")
                if not self._get("install", *names) and "Unable to locate" in tail(self.log, 20):
                    for name in names:
                        self._get("install", name)
        finally:
            if ours:
                POLICY.unlink(missing_ok=True)
                self.guardian.release("file", str(POLICY))
        return not self.missing(names)

    def _forbid_services(self) -> bool:
        """Keep packages from starting their servers; a policy that stands already is kept."""
        with suppress(FileExistsError):
            descriptor = os.open(POLICY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
            self.guardian.watch("file", str(POLICY))
            with os.fdopen(descriptor, "w") as file:
                file.write(
                    "#!/bin/sh\n# Docreel installs packages, and starts servers itself.\nexit 101\n"
                )
            return True
        return False

    def _get(self, *words: str) -> bool:
        quiet = ("--yes", "--no-install-recommends") if words[0] == "install" else ()
        return self._run("apt-get", *_OPTIONS, *quiet, *words)

    def _run(self, *command: str) -> bool:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        group = Group.launch(Account().command(command, "TERM"), self.log, Path("/"), environment)
        named = ("group", str(group.process.pid))
        self.guardian.watch(*named)
        try:
            return group.process.wait(_PATIENCE) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            group.end(signal.SIGTERM, 10)
            self.guardian.release(*named)


def install_tools(packages: Packages) -> None:
    """Install the offline engine's tools; what cannot be had is one line, and no end."""
    missing = packages.missing(TOOLS)
    if not missing or (packages.can_install() and packages.install(missing)):
        return
    if shutil.which("dpkg-query") is None:
        if shutil.which("apertium") and shutil.which("tesseract"):
            return
        missing = [name for name in ("apertium", "tesseract") if shutil.which(name) is None]
    else:
        missing = packages.missing(missing)
    packages.say(
        f"Missing: {' '.join(missing)}. Without them the offline engine translates or reads less; "
        f"install them with `apt-get install {' '.join(missing)}`."
    )
