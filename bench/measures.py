"""What is measured, the same way on both pipelines; times come from the jobs' own rows."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.http import Connection
from bench.stack import Pipeline, Servers

_CONNECTIONS = 16
_PATIENCE = 300.0  # seconds
_LOOK = 0.02  # seconds between two looks whether a burst is over
_TABLES = {"docreel": "processing_jobs", "raw": "raw_jobs"}


@dataclass(frozen=True, slots=True)
class Driver:
    """Sends jobs to one pipeline and reads their rows."""

    pipeline: Pipeline
    servers: Servers
    db: asyncpg.Connection

    @property
    def table(self) -> str:
        """The jobs' table."""
        return _TABLES[self.pipeline.kind]

    async def videos(self, count: int) -> list[str]:
        """Return that many videos to process; on the raw pipeline only their ids."""
        ids = [str(uuid4()) for _ in range(count)]
        if self.pipeline.kind == "docreel":
            await self.db.execute(
                # Looked at by the gateway already, as it does when an upload ends.
                """insert into videos (id, project_id, title, filename, storage_path, probed_at)
                   select one, (select id from projects order by created_at limit 1), 'V', 'v.mp4',
                     'talk.mp4', now() from unnest($1::uuid[]) as one""",
                ids,
            )
        return ids

    async def post(self, connection: Connection, video: str, languages: Sequence[str]) -> str:
        """Ask for a job; return its id."""
        body = {"videoId": video, "languages": languages}
        status, answer = await connection.request("POST", "/api/videos/process", body)
        if status != 202:  # noqa: PLR2004 - accepted
            raise RuntimeError(answer)
        return answer.decode().split('"')[3]

    async def ended(self, ids: Sequence[str]) -> float:
        """Wait until all jobs are completed; return when the last one was (Unix time)."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                row = await self.db.fetchrow(
                    f"""select count(*) as done, extract(epoch from max(completed_at))::float8 as at
                        from {self.table} where id = any($1) and status = 'completed'""",  # noqa: S608 - a constant
                    [UUID(one) for one in ids],
                )
                if row is not None and row["done"] == len(ids):
                    return float(row["at"])
                await asyncio.sleep(_LOOK)


@asynccontextmanager
async def driving(pipeline: Pipeline, servers: Servers) -> AsyncIterator[Driver]:
    """Connect to a pipeline, and warm it up."""
    db = await asyncpg.connect(servers.database_url)
    driver = Driver(pipeline, servers, db)
    try:
        await burst(driver, 20, 5)
        yield driver
    finally:
        await db.close()


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """Open connections for as long as the context lasts; a server closes those that are idle."""
    connections = [await Connection.open(port) for _ in range(count)]
    try:
        yield connections
    finally:
        for one in connections:
            one.close()


def languages(count: int) -> list[str]:
    """Return that many languages."""
    every = [
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "sv",
        "da",
        "fi",
        "cs",
        "el",
        "hu",
        "ro",
        "tr",
        "ja",
        "ko",
        "zh",
        "ar",
        "hi",
    ]
    return every[:count]


async def idle(driver: Driver, count: int, tags: int) -> dict[str, float]:
    """Return the median milliseconds of jobs on an idle system, and of the POST's answer."""
    took, answered = [], []
    for video in await driver.videos(count):
        await asyncio.sleep(0.1)
        async with connected(driver.pipeline.port, 1) as (connection,):
            begun = time.time()
            job = await driver.post(connection, video, languages(tags))
            answered.append(time.time() - begun)
        took.append(await driver.ended([job]) - begun)
    return {
        "job_ms": statistics.median(took) * 1000,
        "post_ms": statistics.median(answered) * 1000,
    }


async def burst(driver: Driver, count: int, tags: int) -> dict[str, Any]:
    """Return what many jobs at once take: seconds in all, and CPU milliseconds a job."""
    left = iter(await driver.videos(count))
    cpu, theirs, begun = driver.pipeline.cpu(), driver.servers.cpu(), time.time()
    ids: list[str] = []

    async def send(connection: Connection) -> None:
        ids.extend([await driver.post(connection, video, languages(tags)) for video in left])

    async with connected(driver.pipeline.port, _CONNECTIONS) as connections:
        await asyncio.gather(*map(send, connections))
    seconds = await driver.ended(ids) - begun
    await asyncio.sleep(0.5)
    return {
        "jobs": count,
        "seconds": seconds,
        "jobs_per_second": count / seconds,
        "cpu_ms_per_job": (driver.pipeline.cpu() - cpu) / count * 1000,
        "server_cpu_ms_per_job": (driver.servers.cpu() - theirs) / count * 1000,
    }


async def polling(port: int, path: str, pollers: int, seconds: float) -> dict[str, float]:
    """Return requests a second, and the 99th percentile in ms, of many who ask without a pause."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def ask(connection: Connection) -> None:
        while (begun := time.perf_counter()) < end:
            status, answer = await connection.request("GET", path)
            if status != 200:  # noqa: PLR2004 - found
                raise RuntimeError(answer)
            took.append(time.perf_counter() - begun)

    async with connected(port, pollers) as connections:
        await asyncio.gather(*map(ask, connections))
    took.sort()
    return {
        "requests_per_second": len(took) / seconds,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
    }
