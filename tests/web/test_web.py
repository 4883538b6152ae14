"""The web page in Debian's Chromium, on all five services, a database and a broker of its own.

The walks are in scenarios.mjs; what they ask to be done to the stack is done here.
"""

import gzip
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.local import web
from deploy.migrate import migrate
from shared.formats import blocks, vtt
from shared.formats.tiptap import Node
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.test_end_to_end import SAMPLE, Stack, uploaded
from tests.web.walks import Site, built, embedded, walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

LARGEST = 120_000  # bytes that the upload and progress pages have, packed
WITH_VIDEO = ("processed video", "stale blocks", "heard again")  # deeds that tell the video
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
            "stale blocks": lambda: servers.run_alone(self._stale()),
            "heard again": lambda: servers.run_alone(self._heard()),
        }
        if what != "processed video":
            deeds[what]()
        return {"video": self._processed()} if what in WITH_VIDEO else {}

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

    async def _stale(self) -> None:
        """Two blocks of the Spanish article, written by a person before their source changed."""
        db = await asyncpg.connect(self.database)
        try:
            row = await db.fetchrow(
                """select a.id, a.content_json
                   from articles a join chapters c on c.id = a.chapter_id
                   where c.video_id = $1 and a.language = 'es' order by c."order" limit 1""",
                self._processed(),
            )
            assert row is not None
            left = 2

            def change(block: Node) -> Node:
                nonlocal left
                if block["type"] != "paragraph" or not block.get("content") or not left:
                    return block
                left -= 1
                written = {**block, "content": [{"type": "text", "text": f"A mano {left}."}]}
                return blocks.with_attrs(written, source="before", stale=True)

            content = blocks.mapped(json.loads(row["content_json"]), change)
            assert not left
            await db.execute(
                "update articles set content_json = $2 where id = $1",
                row["id"],
                json.dumps(content),
            )
        finally:
            await db.close()

    async def _heard(self) -> None:
        """Subtitles of a person's, and two cues that a machine heard differently since."""
        db = await asyncpg.connect(self.database)
        try:
            video = self._processed()
            text = await db.fetchval("select vtt_content from videos where id = $1", video)
            cues = vtt.read(text)
            heard = [replace(cue, text=f"Heard {n}.") for n, cue in enumerate(cues[:2])]
            await db.execute(
                "update videos set vtt_proposal = $2 where id = $1",
                video,
                vtt.write([*heard, *cues[2:]]),
            )
        finally:
            await db.close()

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
    return built()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site.served() as served:
        yield served


@pytest.fixture(scope="module")
def stack(
    builder: web.Node,  # noqa: ARG001 - built before the gateway looks for it
    postgres: str,
    node: servers.Node,
    site: Site,
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
            "CORS_ORIGINS": json.dumps([site.url]),
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
        "stale",
        "heard",
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
    file = tmp_path / "talk.mp4"
    # What was paid for once is done at once: a file of its own is worked on anew.
    file.write_bytes(SAMPLE.read_bytes() + scenario.encode() * (scenario in OWN_FILE))
    walk(builder, scenario, stack.url, str(file), do=stack.do)


def test_a_page_of_another_site_uploads_and_watches(
    stack: Served, builder: web.Node, site: Site
) -> None:
    site.show("/", embedded(stack.url))
    walk(builder, "elsewhere", site.url, str(SAMPLE), do=stack.do)


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
