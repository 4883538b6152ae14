"""The web page on a stack whose engine is Gemini, simulated: paid calls, any language."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local import web
from simulators.gemini.answers import answered
from simulators.gemini.server import KEY, Simulator, serving
from simulators.gemini.wire import Reply, Task
from tests.test_end_to_end import SAMPLE
from tests.web.conftest import running
from tests.web.served import Served
from tests.web.walks import walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

SLOW = 4.0  # seconds of an answer, so that a job is seen running
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابثدهفغحيجكلمنوپقرستعڤوخيز")


class Paid(Served):
    """The stack with a simulated Gemini, which a walk may slow down."""

    def __init__(self, environment: dict[str, str], logs: Path, simulator: Simulator) -> None:
        super().__init__(environment, logs, languages=("ar",))
        self._simulator = simulator

    def do(self, what: str) -> dict[str, object]:
        if what not in {"slow engine", "quick engine"}:
            return super().do(what)
        self._simulator.seconds = SLOW if what == "slow engine" else 0
        return {}


def arabic(task: Task) -> Reply:
    """Translate letter by letter: no sense is needed to see the direction."""
    output: Any = answered(task).output
    told = [
        {**one, "text": line["text"].lower().translate(LETTERS)}
        for one, line in zip(
            output["items"], (line for line in task.material if "id" in line), strict=True
        )
    ]
    return Reply({"items": told})


@contextmanager
def simulated() -> Iterator[Simulator]:
    """Serve a simulator on a thread: the walks themselves are waited for."""
    ready = threading.Event()
    found: list[Simulator] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving() as simulator:
            simulator.files.processing = 0
            simulator.when(
                lambda task: task.kind == "translate" and "into ar " in task.instruction, arabic
            )
            found.append(simulator)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30), "the simulator does not start"
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def stack(environment: dict[str, str], folder: Path) -> Iterator[Served]:
    with simulated() as simulator:
        paid = {**environment, "GEMINI_API_KEY": KEY, "GEMINI_BASE_URL": simulator.url}
        served = Paid(paid, folder, simulator)
        with running(served, served.await_engine):
            yield served


# In this order: the first one begins with an empty project.
@pytest.mark.parametrize("scenario", ["keyboard", "rtl", "cost"])
def test_a_walk_through_a_page_that_is_paid_for(
    stack: Served, builder: web.Node, scenario: str, tmp_path: Path
) -> None:
    file = tmp_path / "talk.mp4"
    # What was paid for once is done at once: a file of its own is worked on anew.
    file.write_bytes(SAMPLE.read_bytes() + scenario.encode())
    walk(builder, scenario, stack.url, str(file), do=stack.do, script="paid.mjs")
