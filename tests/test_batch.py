"""The batch runtime on a real RabbitMQ: many at a time, and one bad event harms no other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import aio_pika
import pytest

from shared.amqp import RabbitMQ
from shared.batch import BatchWorker
from shared.events import Event, JobCancel, JobFailed
from shared.routes import EVENTS_EXCHANGE, Service
from shared.topology import declare
from shared.worker import MOST_ATTEMPTS

pytestmark = pytest.mark.integration


def cancel(job: UUID | None = None) -> JobCancel:
    return JobCancel.of(job_id=job or uuid4(), project_id=uuid4(), video_id=uuid4(), unit="cancel")


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitMQ]:
    await declare(amqp_url)
    broker = RabbitMQ(amqp_url, Service.PROGRESS)
    await broker.connect()
    yield broker
    await broker.close()


class Slow:
    """A batch handler that takes a while, refuses one job twice, and keeps what it was given."""

    def __init__(self, poison: UUID) -> None:
        self.poison = poison
        self.refusals = 2
        self.batches: list[int] = []
        self.seen: set[UUID] = set()

    async def __call__(self, events: Sequence[Event]) -> Sequence[Event]:
        await asyncio.sleep(0.05)
        poisonous = any(isinstance(e, JobCancel) and e.job_id == self.poison for e in events)
        if self.refusals and poisonous:
            self.refusals -= 1
            raise ValueError(self.poison)
        self.batches.append(len(events))
        self.seen |= {event.id for event in events}
        return []


async def test_events_are_taken_together_and_a_bad_one_alone(
    broker: RabbitMQ, amqp_url: str
) -> None:
    poison = cancel()
    handler = Slow(poison.job_id)
    worker = BatchWorker(Service.PROGRESS, broker, handler, prefetch=50)
    every = [cancel() for _ in range(40)] + [poison]
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"garbage", type="job.cancel"), "job.cancel")
        await broker.publish(every)
        await worker.start()
        for _ in range(100):
            await asyncio.sleep(0.1)
            if len(handler.seen) == len(every):
                break
        await worker.drain(grace=5)
        assert handler.seen == {event.id for event in every}
        assert max(handler.batches) > 1
        dead = await (await channel.get_queue("progress.dead")).get(timeout=5)
        assert dead is not None
        assert "not a job.cancel event" in str(dead.headers["reason"])
        await dead.ack()
        assert (await channel.declare_queue("progress.work", passive=True)).declaration_result


async def test_a_queue_that_is_missing_is_waited_for(broker: RabbitMQ, amqp_url: str) -> None:
    handler = Slow(uuid4())
    worker = BatchWorker(Service.PROGRESS, broker, handler, prefetch=50)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.queue_delete("progress.dead")
        exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"garbage", type="job.cancel"), "job.cancel")
        await worker.start()
        await asyncio.sleep(1)
        await declare(amqp_url)
        event = cancel()
        await broker.publish([event])
        for _ in range(200):
            await asyncio.sleep(0.1)
            if event.id in handler.seen:
                break
        await worker.drain(grace=5)
    assert handler.seen == {event.id}


class Poisoned(Slow):
    """Refuses one job for ever, and keeps what it gave up."""

    def __init__(self, poison: UUID) -> None:
        super().__init__(poison)
        self.refusals = -1
        self.given_up: list[tuple[UUID, str]] = []

    async def give_up(self, event: Event, reason: str) -> Sequence[Event]:
        self.given_up.append((event.job_id, reason))
        return [JobFailed.following(event, unit="job", reason=reason)]


async def test_what_fails_for_ever_is_given_up_and_buried_and_holds_up_no_other(
    broker: RabbitMQ, amqp_url: str
) -> None:
    poison = cancel().model_copy(update={"attempt": MOST_ATTEMPTS})
    handler = Poisoned(poison.job_id)
    worker = BatchWorker(Service.PROGRESS, broker, handler, prefetch=50)
    every = [cancel() for _ in range(20)]
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await broker.publish([*every[:10], poison, *every[10:]])
        await worker.start()
        dead = None
        for _ in range(100):
            await asyncio.sleep(0.1)
            dead = dead or await (await channel.get_queue("progress.dead")).get(fail=False)
            if dead is not None and len(handler.seen) == len(every) + 1:
                break
        await worker.drain(grace=5)
        assert dead is not None
        assert str(poison.job_id) in str(dead.headers["reason"])
        await dead.ack()
    assert [job for job, _ in handler.given_up] == [poison.job_id]
    # The ending that follows comes back to who listens to every event.
    assert {event.id for event in every} < handler.seen
