"""The runtime on a real RabbitMQ: nothing lost, garbage buried, failures retried or named."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

import aio_pika
import pytest

from shared.amqp import RabbitMQ
from shared.errors import BlockedError, RateLimitedError, TransientError
from shared.events import Event, TranscriptionCompleted, TranscriptionRequested
from shared.routes import EVENTS_EXCHANGE, RUNGS, Service, rung_for
from shared.topology import declare
from shared.worker import MOST_ATTEMPTS, Handler, Worker, ladder

pytestmark = pytest.mark.integration

Start = Callable[[Handler], Awaitable[Worker]]


def requested() -> TranscriptionRequested:
    job, project, video = (uuid4() for _ in range(3))
    return TranscriptionRequested.of(
        job_id=job,
        project_id=project,
        video_id=video,
        unit="window/0",
        window=0,
        windows=1,
        start=0,
        end=9,
    )


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    await declare(amqp_url)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        yield channel


@pytest.fixture
async def broker(amqp_url: str, channel: aio_pika.abc.AbstractChannel) -> AsyncIterator[RabbitMQ]:
    assert channel
    broker = RabbitMQ(amqp_url, Service.TRANSCRIBER)
    await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
async def start(broker: RabbitMQ) -> AsyncIterator[Start]:
    workers: list[Worker] = []

    async def start(handler: Handler) -> Worker:
        worker = Worker(Service.TRANSCRIBER, broker, handler, prefetch=10)
        workers.append(worker)
        await worker.start()
        return worker

    yield start
    for worker in workers:
        await worker.drain(grace=5)


async def taken(
    channel: aio_pika.abc.AbstractChannel, name: str, kind: str
) -> aio_pika.abc.AbstractIncomingMessage:
    """The first message of type `kind` in a queue; others are passed over."""
    queue = await channel.get_queue(name, ensure=False)
    async with queue.iterator(timeout=15) as messages:
        async for message in messages:
            await message.ack()
            if message.type == kind:
                return message
    raise AssertionError(name)


class Scripted:
    """A handler that raises what it is told to, in order, and counts its calls."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self, event: Event) -> Sequence[Event]:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return [TranscriptionCompleted.following(event, window=0)]


async def test_what_follows_is_published_with_names_that_people_can_read(
    broker: RabbitMQ, start: Start, channel: aio_pika.abc.AbstractChannel
) -> None:
    event = requested()
    await start(Scripted())
    await broker.publish([event])
    after = await taken(channel, "progress.work", "transcription.completed")
    assert after.correlation_id == str(event.job_id)
    assert after.app_id == "transcriber"
    assert after.delivery_mode is aio_pika.DeliveryMode.PERSISTENT


@pytest.mark.parametrize(
    "failure", [TransientError("reset"), RateLimitedError(0.5), ValueError("a fault of our own")]
)
async def test_what_fails_in_passing_is_done_later(
    broker: RabbitMQ, start: Start, channel: aio_pika.abc.AbstractChannel, failure: Exception
) -> None:
    handler = Scripted(failure)
    await start(handler)
    await broker.publish([requested()])
    await taken(channel, "progress.work", "transcription.completed")
    assert handler.calls == 2


async def test_what_fails_for_good_is_named_and_kept(
    broker: RabbitMQ, start: Start, channel: aio_pika.abc.AbstractChannel
) -> None:
    handler = Scripted(BlockedError("The engine refused minute 3."))
    await start(handler)
    await broker.publish([requested()])
    failed = await taken(channel, "progress.work", "unit.failed")
    assert b"The engine refused minute 3." in failed.body
    dead = await taken(channel, "transcriber.dead", "transcription.requested")
    assert dead.headers["reason"] == "The engine refused minute 3."
    assert handler.calls == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("transcription.requested", b""),
        ("transcription.requested", b"not json"),
        ("video.delete", b"{}"),
        ("transcription.requested", b'{"window": "x"}'),
        ("transcription.requested", b"x" * 10_000_000),
    ],
)
async def test_garbage_is_buried_with_its_reason_and_the_service_goes_on(
    broker: RabbitMQ,
    start: Start,
    channel: aio_pika.abc.AbstractChannel,
    kind: str,
    body: bytes,
) -> None:
    handler = Scripted()
    await start(handler)
    exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
    await exchange.publish(aio_pika.Message(body, type=kind), "transcription.requested")
    dead = await taken(channel, "transcriber.dead", kind)
    assert str(dead.headers["reason"])
    assert handler.calls == 0
    await broker.publish([requested()])
    await taken(channel, "progress.work", "transcription.completed")


async def test_draining_ends_what_is_in_hand_and_takes_no_more(
    broker: RabbitMQ, start: Start, channel: aio_pika.abc.AbstractChannel
) -> None:
    begun = asyncio.Event()

    async def slow(event: Event) -> Sequence[Event]:
        begun.set()
        await asyncio.sleep(0.3)
        return [TranscriptionCompleted.following(event, window=0)]

    worker = await start(slow)
    await broker.publish([requested()])
    await begun.wait()
    await worker.drain(grace=10)
    await broker.publish([requested()])
    await taken(channel, "progress.work", "transcription.completed")
    queue = await channel.get_queue("transcriber.work", ensure=False)
    waiting = await queue.get(timeout=5)
    assert waiting is not None
    await waiting.ack()


@pytest.mark.parametrize("failure", [ValueError("broken"), asyncio.CancelledError()])
async def test_what_fails_outside_of_a_unit_ends_its_job_after_the_last_attempt(
    broker: RabbitMQ,
    start: Start,
    channel: aio_pika.abc.AbstractChannel,
    failure: BaseException,
) -> None:
    handler = Scripted(failure)
    await start(handler)
    await broker.publish([requested().model_copy(update={"attempt": MOST_ATTEMPTS})])
    failed = await taken(channel, "progress.work", "unit.failed")
    assert b'"unit":"job"' in failed.body
    assert type(failure).__name__.encode() in failed.body
    dead = await taken(channel, "transcriber.dead", "transcription.requested")
    assert "tried 8 times" in str(dead.headers["reason"])
    await broker.publish([requested()])  # and the worker goes on
    await taken(channel, "progress.work", "transcription.completed")
    assert handler.calls == 2


def test_the_ladder_is_that_of_the_queues_and_ends() -> None:
    waits = [ladder(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert waits == [1, 10, 60, 600, 600, 600, 600, None]
    assert {rung_for(wait) for wait in waits if wait} == set(RUNGS)
