"""The gateway is killed between the commit of a job and its publishing."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.local.processes import free_ports
from shared.routes import Service
from tests.faults.door import LANGUAGES
from tests.faults.script import Point
from tests.faults.stage import Stage
from tests.faults.verdict import Verdict

pytestmark = [pytest.mark.integration, pytest.mark.thorough]


def post(address: str, video: str) -> None:
    """Ask for a job; raises OSError where the gateway is not there."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/videos/process",
        json.dumps({"videoId": video, "languages": list(LANGUAGES)}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
        pass


async def asked(address: str, video: str) -> None:
    """Ask for a job until the gateway has answered: the same job, however often it is asked."""
    async with asyncio.timeout(60):
        while True:
            try:
                await asyncio.to_thread(post, address, video)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return


async def test_a_gateway_killed_before_it_publishes_loses_no_job(
    stage: Stage, jobs: int, report: Callable[[Verdict], None]
) -> None:
    (port,) = free_ports(1)
    stage.environment["PORT"] = str(port)
    await stage.start()
    fault = Point.BEFORE_PUBLISH
    await stage.start(Service.GATEWAY, script=replace(stage.script, point=fault, nth=2))
    videos = await stage.door.videos(jobs)
    for video in videos:
        await asked(f"http://127.0.0.1:{port}", str(video))
    await stage.watched()
    verdict = await stage.verdict(f"kill -9 of {Service.GATEWAY}: {fault}")
    assert (verdict.killed, verdict.jobs) == (1, jobs)
    report(verdict)
