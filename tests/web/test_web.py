"""The web page in Debian's Chromium, on all five services: what is read, edited and embedded.

The walks begin in scenarios.mjs; what they ask to be done to the stack is in served.py.
"""

import subprocess
from pathlib import Path

import pytest

from deploy.local import web
from tests.test_end_to_end import SAMPLE
from tests.web.served import Served
from tests.web.walks import Site, embedded, walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


# In this order: the first one needs an empty project.
@pytest.mark.parametrize(
    "scenario",
    [
        "whole",
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
        "examples",
    ],
)
def test_a_walk_through_the_page(
    stack: Served, builder: web.Node, scenario: str, tmp_path: Path
) -> None:
    file = tmp_path / "talk.mp4"
    file.write_bytes(SAMPLE.read_bytes())
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
