"""The declared topology on a real RabbitMQ."""

import aio_pika
import pytest

from shared.routes import EVENTS_EXCHANGE, RETRY_EXCHANGE, UNROUTED, Service, retry_queue
from shared.topology import declare

pytestmark = pytest.mark.integration


async def taken(channel: aio_pika.abc.AbstractChannel, queue: str) -> aio_pika.IncomingMessage:
    found = await channel.get_queue(queue, ensure=False)
    message = await found.get(timeout=5, fail=False)
    for _ in range(50):
        if message is not None:
            break
        message = await found.get(timeout=5, fail=False)
    assert isinstance(message, aio_pika.IncomingMessage), f"nothing arrived in {queue}"
    await message.ack()
    return message


async def test_declaring_twice_changes_nothing_and_events_find_their_queues(amqp_url: str) -> None:
    await declare(amqp_url)
    await declare(amqp_url)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"1"), "video.transcribed")
        for queue in ("docgen.work", "translator.work", "progress.work"):
            assert (await taken(channel, queue)).body == b"1"
        await exchange.publish(aio_pika.Message(b"2"), "transcription.requested")
        assert (await taken(channel, "transcriber.work")).body == b"2"
        assert (await taken(channel, "progress.work")).body == b"2"


async def test_what_waits_on_the_ladder_comes_back_to_its_own_service_alone(amqp_url: str) -> None:
    await declare(amqp_url)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(RETRY_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"3"), retry_queue(Service.DOCGEN, "1s"))
        work = await channel.get_queue("docgen.work", ensure=False)
        async with work.iterator(timeout=10) as messages:
            async for message in messages:
                assert message.body == b"3"
                await message.ack()
                break
        progress = await channel.get_queue("progress.work", ensure=False)
        assert await progress.get(timeout=5, fail=False) is None


async def test_nothing_that_is_published_vanishes(amqp_url: str) -> None:
    await declare(amqp_url)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        # The progress queue takes every event, so only a broker without it drops one there.
        await channel.queue_delete("progress.work")
        exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"4"), "video.unheard")
        assert (await taken(channel, UNROUTED)).body == b"4"
