"""All services in one process, without RabbitMQ, killed in the middle and started again."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from simulators.gemini.server import KEY, Simulator, serving
from tests.support.services import ROOT, accepted
from tests.test_pipeline import assert_completed, assert_paid_once, watched

pytestmark = pytest.mark.integration


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        yield pool


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


async def started(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.local.single",
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )


async def test_the_one_process_killed_at_work_loses_nothing(
    db: asyncpg.Pool, dsn: str, simulator: Simulator, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "samples" / "sample.mp4", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "AMQP_URL": "in-process",
        "DATABASE_URL": dsn,
        "STORAGE_DIR": str(tmp_path),
        "PORT": str(port),
        "GEMINI_API_KEY": KEY,
        "GEMINI_BASE_URL": simulator.url,
        "WINDOW_SECONDS": "20",
    }
    simulator.seconds = 1.0
    await accepted(db, "sample.mp4", ("es", "ja"))
    first = await started(environment)
    await simulator.calls(4)  # the windows are heard, and the outline is being made
    os.killpg(first.pid, signal.SIGKILL)
    await first.wait()
    progress = await db.fetchval("select progress from processing_jobs")
    second = await started(environment)
    try:
        seen = await watched(db)
    finally:
        second.terminate()
    assert await asyncio.wait_for(second.wait(), 30) == 0
    assert [progress, *seen] == sorted([progress, *seen])
    await assert_completed(db)
    # Docgen's outline and the translator's two subtitles may have been in the air.
    await assert_paid_once(db, simulator, killed=3)
