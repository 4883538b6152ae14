"""A gateway as a process of its own, to be killed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.services import ROOT


@contextmanager
def gateway_process(amqp_url: str, dsn: str, storage: Path) -> Iterator[tuple[str, Any]]:
    """Serve a gateway; lend its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "AMQP_URL": amqp_url,
        "DATABASE_URL": dsn,
        "STORAGE_DIR": str(storage),
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "services.gateway"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as running:  # noqa: S603 - ours
        try:
            yield f"http://127.0.0.1:{port}", running
        finally:
            running.kill()
