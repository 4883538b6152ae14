"""What both brokers promise, on both: RabbitMQ and the one within the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from shared.amqp import RabbitMQ
from shared.broker import Broker, Delivery
from shared.errors import TransientError
from shared.events import ArticleWritten, Event, VideoTranscribed
from shared.inprocess import Hub
from shared.routes import Service, decode
from shared.topology import declare
from tests.faults.proxy import Proxy
from tests.faults.stage import address, through

pytestmark = pytest.mark.integration

Connect = Callable[[Service], Awaitable[Broker]]


def transcribed() -> VideoTranscribed:
    ids: dict[str, Any] = {name: uuid4() for name in ("job_id", "project_id", "video_id")}
    return VideoTranscribed.of(**ids, unit="transcription", segments=1)


@pytest.fixture(params=["rabbitmq", "in process"])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    opened: list[Broker] = []
    hub = Hub()
    url = ""
    if request.param == "rabbitmq":
        url = request.getfixturevalue("amqp_url")
        await declare(url)

    async def connect(service: Service) -> Broker:
        broker = RabbitMQ(url, service) if url else hub.connection(service)
        await broker.connect()
        opened.append(broker)
        return broker

    yield connect
    for broker in opened:
        await broker.close()


class Inbox:
    """Keeps deliveries until a test asks for them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Delivery] = asyncio.Queue()

    def __call__(self, delivery: Delivery) -> None:
        self.queue.put_nowait(delivery)

    async def next(self) -> Delivery:
        return await asyncio.wait_for(self.queue.get(), 20)

    async def nothing(self) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.queue.get(), 0.5)


def read(delivery: Delivery) -> Event:
    return decode(delivery.message.kind, delivery.message.body)


async def test_an_event_reaches_each_service_that_acts_on_it_and_no_other(
    connect: Connect,
) -> None:
    boxes = {service: Inbox() for service in (Service.DOCGEN, Service.TRANSLATOR, Service.PROGRESS)}
    for service, box in boxes.items():
        await (await connect(service)).consume(service, 10, box)
    other = Inbox()
    await (await connect(Service.TRANSCRIBER)).consume(Service.TRANSCRIBER, 10, other)
    event = transcribed()
    await (await connect(Service.TRANSCRIBER)).publish([event])
    for box in boxes.values():
        delivery = await box.next()
        assert read(delivery) == event
        await delivery.ack()
    await other.nothing()


async def test_a_retry_comes_back_to_its_own_service_with_its_attempt(
    connect: Connect,
) -> None:
    docgen, translator = Inbox(), Inbox()
    publisher = await connect(Service.DOCGEN)
    await publisher.consume(Service.DOCGEN, 10, docgen)
    await (await connect(Service.TRANSLATOR)).consume(Service.TRANSLATOR, 10, translator)
    event = transcribed()
    await publisher.publish([event])
    await (await translator.next()).ack()
    first = await docgen.next()
    begun = asyncio.get_running_loop().time()
    await first.retry(0.9, attempt=2)
    again = await docgen.next()
    assert asyncio.get_running_loop().time() - begun >= 0.85
    assert (again.message.attempt, read(again)) == (2, event)
    await again.ack()
    await translator.nothing()


async def test_no_more_are_handed_out_than_prefetch_says(
    connect: Connect,
) -> None:
    box = Inbox()
    broker = await connect(Service.DOCGEN)
    await broker.publish([transcribed() for _ in range(3)])
    await broker.consume(Service.DOCGEN, 2, box)
    held = [await box.next(), await box.next()]
    await box.nothing()
    await held[0].ack()
    await (await box.next()).ack()


async def test_what_was_not_ended_goes_to_the_next_replica(
    connect: Connect,
) -> None:
    first, second = Inbox(), Inbox()
    broker = await connect(Service.DOCGEN)
    await broker.consume(Service.DOCGEN, 1, first)
    event = transcribed()
    await broker.publish([event])
    lost = await first.next()
    await (await connect(Service.DOCGEN)).consume(Service.DOCGEN, 1, second)
    await broker.close()
    again = await second.next()
    assert read(again) == event
    await again.ack()
    with pytest.raises(TransientError):
        await lost.ack()


async def test_after_stopping_nothing_more_comes_and_what_is_in_hand_can_be_ended(
    connect: Connect,
) -> None:
    box = Inbox()
    broker = await connect(Service.DOCGEN)
    await broker.consume(Service.DOCGEN, 5, box)
    await broker.publish([transcribed()])
    held = await box.next()
    await broker.stop_consuming()
    await broker.publish([transcribed()])
    await box.nothing()
    await held.ack()


async def test_what_is_buried_does_not_come_back(
    connect: Connect,
) -> None:
    box = Inbox()
    broker = await connect(Service.TRANSLATOR)
    await broker.consume(Service.TRANSLATOR, 5, box)
    names = ("job_id", "project_id", "video_id", "article_id")
    ids: dict[str, Any] = {name: uuid4() for name in names}
    await broker.publish([ArticleWritten.of(**ids, unit="article/x")])
    await (await box.next()).bury("no good")
    await box.nothing()


async def test_a_delivery_is_moved_where_only_publishing_is_cut(amqp_url: str) -> None:
    await declare(amqp_url)
    proxy, box = Proxy(*address(amqp_url)), Inbox()
    await proxy.start()
    broker = RabbitMQ(through(amqp_url, proxy.port), Service.DOCGEN)
    await broker.connect()
    await broker.consume(Service.DOCGEN, 1, box)
    await broker.publish([transcribed()])
    held = await box.next()
    proxy.cut(oldest=1)  # publishing came first
    await held.retry(0.9, attempt=2)
    again = await box.next()
    assert again.message.attempt == 2
    await again.ack()
    await broker.close()
    await proxy.stop()
