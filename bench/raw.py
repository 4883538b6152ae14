"""`python -m bench.raw ROLE`: the thinnest correct pipeline on aio-pika, to compare with.

POST -> row -> video.process -> transcribe (1 call) -> write (3 calls at once) -> translate (one
message a language, 1 call each) -> completed row. Durable queues of the same type as Docreel's,
persistent messages of 1 KiB, confirms, an ack after the next message is confirmed, one row update
an event. No leases, no outbox, no results kept, no duplicates recognised.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

_EXCHANGE = "raw"
_LATENCY = float(os.environ.get("LATENCY_MS", "0")) / 1000  # seconds
_PADDING = "x" * 1024
_PREFETCH = 100
_QUORUM = {"x-queue-type": "quorum"}

TABLE = """
create table if not exists raw_jobs (
  id uuid primary key, languages text[] not null, status text not null default 'pending',
  done text[] not null default '{}', created_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz)
"""
_UPDATE = """
update raw_jobs set status = case when $2 = any(languages) and cardinality(done) + 1 >=
    cardinality(languages) and not $2 = any(done) then 'completed' else 'processing' end,
  completed_at = case when $2 = any(languages) and cardinality(done) + 1 >=
    cardinality(languages) and not $2 = any(done) then clock_timestamp() else completed_at end,
  done = case when $2 = any(languages) and not $2 = any(done) then done || $2 else done end
where id = $1 and status <> 'completed'
"""
Job = dict[str, Any]
Handler = Callable[[str, Job], Awaitable[None]]


async def _call() -> None:
    if _LATENCY:
        await asyncio.sleep(_LATENCY)


class Bus:
    """One connection: a channel that publishes with confirms, and one that consumes."""

    async def open(self) -> "Bus":
        """Connect."""
        connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
        publishing = await connection.channel(publisher_confirms=True)
        self._consuming = await connection.channel(publisher_confirms=False)
        await self._consuming.set_qos(_PREFETCH)
        self._exchange = await publishing.declare_exchange(_EXCHANGE, "topic", durable=True)
        return self

    async def publish(self, key: str, job: Job, **more: str) -> None:
        """Publish and wait for the confirm."""
        body = json.dumps({**job, "padding": _PADDING, **more}).encode()
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await self._exchange.publish(message, key)

    async def consume(self, name: str, keys: list[str], handle: Handler) -> None:
        """Handle each message, then ack it."""
        queue = await self._consuming.declare_queue(name, durable=True, arguments=_QUORUM)
        for key in keys:
            await queue.bind(_EXCHANGE, key)

        async def receive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await handle(message.routing_key or "", json.loads(message.body))
            await message.ack()

        await queue.consume(receive)


async def worker(role: str) -> None:
    """Run one role for ever."""
    bus = await Bus().open()

    async def transcribe(_: str, job: Job) -> None:
        await _call()
        await bus.publish("video.transcribed", _plain(job))

    async def write(_: str, job: Job) -> None:
        await asyncio.gather(_call(), _call(), _call())
        await bus.publish("docs.generated", _plain(job))

    async def fan_out(_: str, job: Job) -> None:
        languages = job["languages"]
        requests = (
            bus.publish("translation.requested", _plain(job), language=one) for one in languages
        )
        await asyncio.gather(*requests)

    async def translate(_: str, job: Job) -> None:
        await _call()
        await bus.publish("translation.completed", _plain(job), language=job["language"])

    match role:
        case "transcriber":
            await bus.consume("raw.transcriber", ["video.process"], transcribe)
        case "docgen":
            await bus.consume("raw.docgen", ["video.transcribed"], write)
        case "translator":
            await bus.consume("raw.translator", ["translation.requested"], translate)
            await bus.consume("raw.fanout", ["docs.generated"], fan_out)
        case _:
            pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8)

            async def note(_: str, job: Job) -> None:
                await pool.execute(_UPDATE, job["id"], job.get("language", ""))

            kinds = ["video.process", "video.transcribed", "docs.generated"]
            await bus.consume("raw.progress", [*kinds, "translation.completed"], note)
    await asyncio.get_running_loop().create_future()


def _plain(job: Job) -> Job:
    return {"id": job["id"], "languages": job["languages"]}


class Wish(BaseModel):
    """A job to run."""

    videoId: str  # noqa: N815 - as Docreel has it
    languages: list[str]


def gateway() -> None:
    """Serve POST /api/videos/process."""
    parts: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts["pool"] = await asyncpg.create_pool(
            os.environ["DATABASE_URL"], min_size=8, max_size=8
        )
        parts["bus"] = await Bus().open()
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/videos/process", status_code=202)
    async def process(wish: Wish) -> dict[str, str]:
        job = {"id": str(uuid4()), "languages": wish.languages}
        await parts["pool"].execute(
            "insert into raw_jobs (id, languages) values ($1, $2)", job["id"], wish.languages
        )
        await parts["bus"].publish("video.process", job)
        return {"jobId": str(job["id"])}

    @app.get("/readyz")
    async def ready() -> str:
        return "ok"

    port = int(os.environ["PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "gateway":
        gateway()
    else:
        uvloop.run(worker(sys.argv[1]))
