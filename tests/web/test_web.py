"""The web page in Debian's Chromium, on all five services, a database and a broker of its own.

The walks begin in scenarios.mjs; what they ask to be done to the stack is in served.py.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import web
from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.test_end_to_end import SAMPLE
from tests.web.served import Served
from tests.web.walks import Site, built, embedded, walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

OWN_FILE = ("reload", "cancel", "restart")


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
        "dropped",
        "restart",
        "queued",
        "taken over",
        "needed",
        "paused",
        "discarded",
        "not accepted",
        "twice",
        "tabs",
        "stale",
        "behind",
        "heard",
        "formatted",
        "sentences",
        "places",
        "more",
        "unsure",
        "proposed",
        "dismissed",
        "cues",
        "follows",
        "tracks",
        "unsaved",
        "refused",
        "pasted",
        "unknown",
        "overtaken",
        "stays",
        "failing",
        "cancel",
        "spanish",
        "examples",
        "small",
        "letters",
        "fifty",
        "hidden",
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


def test_a_page_of_another_site_has_the_editors(
    stack: Served, builder: web.Node, site: Site
) -> None:
    site.show("/", embedded(stack.url))
    walk(builder, "guest", site.url, str(SAMPLE), do=stack.do)


def test_what_is_done_to_cues_keeps_a_track_whole(builder: web.Node) -> None:
    walk(builder, "", do=lambda _: {}, script="cues.mjs")


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
