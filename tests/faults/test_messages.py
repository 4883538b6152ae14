"""Messages are doubled, shuffled and sent astray, and their queues are deleted."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import aio_pika
import pytest

from shared.routes import CONSUMERS, EVENTS_EXCHANGE, UNROUTED, Service, dead_queue, work_queue
from shared.topology import declare
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

Report = Callable[[Verdict], None]


async def test_each_event_ten_times(stage: Stage, jobs: int, report: Report) -> None:
    stage.script = replace(stage.script, copies=10)
    await stage.start()
    await stage.door.accept(jobs)
    for _ in range(9):
        await stage.door.publish(stage.door.jobs)
    await stage.watched()
    report(await stage.verdict("each event ten times"))


@pytest.mark.thorough
async def test_two_relays_and_two_reapers_at_once(stage: Stage, jobs: int, report: Report) -> None:
    # Both never rest, and the reapers take a job for lost after a second.
    stage.script = replace(stage.script, relays=True, still=1.0, seconds=0.1)
    await stage.start()
    await stage.start()
    await stage.door.accept(jobs)
    await stage.watched()
    report(
        await stage.verdict(
            "two relays and two reapers of each service at once", Expected(revived=True)
        )
    )


@pytest.mark.thorough
async def test_queues_deleted_under_their_consumers(
    stage: Stage, jobs: int, report: Report
) -> None:
    stage.script = replace(stage.script, seconds=0.2, still=5.0)
    await stage.start()
    await stage.door.accept(jobs)
    watching = asyncio.create_task(stage.watched())
    for service in CONSUMERS:
        await stage.calls(1, None if service is Service.PROGRESS else service)
        async with await aio_pika.connect(stage.amqp_url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(work_queue(service))
        await asyncio.sleep(1)
        await declare(stage.amqp_url)
    await watching
    await stage.empty(UNROUTED)  # what nobody but progress awaits had lost its only queue
    report(
        await stage.verdict(
            "each work queue deleted under its consumers, declared again 1 s later",
            Expected(revived=True),
        )
    )


@pytest.mark.thorough
async def test_an_unroutable_key(stage: Stage, jobs: int, report: Report) -> None:
    stage.script = replace(stage.script, seconds=0.2, still=5.0)
    progress = work_queue(Service.PROGRESS)
    await stage.start()
    async with await aio_pika.connect(stage.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
        queue = await channel.get_queue(progress, ensure=False)
        # A key that Docreel does not know goes where every event goes, and is buried there.
        for number in range(jobs):
            message = aio_pika.Message(b"{}", type="video.nonsense", message_id=str(number))
            await exchange.publish(message, "video.nonsense")
        # And for a while nobody takes the keys that only progress wants.
        await queue.unbind(exchange, "#")
        await stage.door.accept(jobs)
        await stage.calls(2)
        await asyncio.sleep(2)
        await queue.bind(exchange, "#")
    await stage.watched()
    astray = await stage.empty(UNROUTED)
    assert astray
    report(
        await stage.verdict(
            "unroutable keys: one unknown, and those of progress unbound for 2 s",
            Expected(dead={dead_queue(Service.PROGRESS): jobs}, revived=True),
        )
    )
