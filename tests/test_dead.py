"""Dead letters on a real RabbitMQ: seen with their reason, put back, or deleted."""

import aio_pika
import pytest

from shared.dead import dropped, listed, main, redriven
from shared.routes import RETRY_EXCHANGE, Service, dead_queue
from shared.topology import declare

pytestmark = pytest.mark.integration


async def bury(url: str, *bodies: bytes) -> None:
    await declare(url)
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(RETRY_EXCHANGE, ensure=False)
        for body in bodies:
            message = aio_pika.Message(body, type="video.odd", headers={"reason": "it is odd"})
            await exchange.publish(message, dead_queue(Service.DOCGEN))


async def test_a_list_shows_reasons_and_takes_nothing_away(amqp_url: str) -> None:
    await bury(amqp_url, b"1", b"2")
    assert await listed(amqp_url, Service.DOCGEN) == ["video.odd  job None  it is odd"] * 2
    assert await dropped(amqp_url, Service.DOCGEN) == 2
    assert await listed(amqp_url, Service.DOCGEN) == []


async def test_what_is_put_back_goes_to_its_own_service_alone(amqp_url: str) -> None:
    await bury(amqp_url, b"1", b"2")
    assert await redriven(amqp_url, Service.DOCGEN) == 2
    assert await listed(amqp_url, Service.DOCGEN) == []
    async with await aio_pika.connect(amqp_url) as connection:
        queue = await (await connection.channel()).get_queue("docgen.work")
        for body in (b"1", b"2"):
            message = await queue.get(timeout=5)
            assert message is not None
            assert (message.body, message.type) == (body, "video.odd")
            await message.ack()


def test_bad_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "nobody"]) == 2
    assert "usage" in capsys.readouterr().err
