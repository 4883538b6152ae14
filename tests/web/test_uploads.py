"""The web page in Debian's Chromium, on all five services: uploads, jobs, what is asked when."""

from pathlib import Path

import pytest

from deploy.local import web
from tests.test_end_to_end import SAMPLE
from tests.web.served import Served
from tests.web.walks import walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

OWN_FILE = ("reload", "cancel", "restart")


# In this order: the last ones leave jobs that never end.
@pytest.mark.parametrize(
    "scenario",
    [
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
        "with subtitles",
        "failing",
        "cancel",
        "spanish",
        "small",
        "letters",
        "fifty",
        "hidden",
    ],
)
def test_a_walk_on_the_way_of_a_video(
    stack: Served, builder: web.Node, scenario: str, tmp_path: Path
) -> None:
    file = tmp_path / "talk.mp4"
    # What was paid for once is done at once: a file of its own is worked on anew.
    file.write_bytes(SAMPLE.read_bytes() + scenario.encode() * (scenario in OWN_FILE))
    walk(builder, scenario, stack.url, str(file), do=stack.do)
