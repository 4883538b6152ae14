"""The network between services, broker and database misbehaves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.routes import CONSUMERS, Service
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

Report = Callable[[Verdict], None]


async def test_connections_cut_during_calls(stage: Stage, jobs: int, report: Report) -> None:
    proxies = await stage.proxied()
    stage.script = replace(stage.script, seconds=1.0)
    await stage.start()
    await stage.door.accept(jobs)
    watching = asyncio.create_task(stage.watched())
    cuts = 0
    for number in range(1, 4):
        await stage.calls(2 * number)
        for proxy in proxies:
            cuts += proxy.connections
            proxy.cut()
        await asyncio.sleep(0.5)
    await watching
    assert cuts >= len(CONSUMERS)
    report(await stage.verdict("all connections to broker and database cut in calls, three times"))


@pytest.mark.thorough
async def test_connections_that_swallow_everything(stage: Stage, jobs: int, report: Report) -> None:
    # A broken connection without a reset is known by missing heartbeats; two seconds in place of
    # RabbitMQ's minute.
    proxies = await stage.proxied(heartbeat=2)
    stage.script = replace(stage.script, seconds=1.0)
    await stage.start()
    await stage.door.accept(jobs)
    watching = asyncio.create_task(stage.watched())
    await stage.calls(2)
    for proxy in proxies:
        proxy.swallow()
    await asyncio.sleep(4)
    for proxy in proxies:
        proxy.heal()
    await watching
    # The statement that renews a lease waits longer than this short lease lasts: what three
    # services have in their hands may be taken over when the broker delivers it again.
    report(
        await stage.verdict(
            "all connections to broker and database half-open for 4 s in calls",
            Expected(unknown=24),
        )
    )


@pytest.mark.thorough
async def test_a_slow_network(stage: Stage, jobs: int, report: Report) -> None:
    for proxy in await stage.proxied():
        proxy.delay = 0.25
    # A renewal takes a second here, which is a third of the usual lease.
    stage.environment |= {"PREFETCH": "20", "LEASE_SECONDS": "10"}
    await stage.start(*(one for one in CONSUMERS if one is not Service.PROGRESS))
    await stage.start(Service.TRANSLATOR)
    # It writes as many events together as it does by default: each batch takes four seconds here.
    del stage.environment["PREFETCH"]
    await stage.start(Service.PROGRESS)
    await stage.door.accept(jobs)
    await stage.watched()
    # A job that waits for its turn among so many slow ones may seem to stand still.
    report(await stage.verdict("500 ms latency to broker and database", Expected(revived=True)))


@pytest.mark.thorough
async def test_a_network_of_small_pieces(stage: Stage, jobs: int, report: Report) -> None:
    for proxy in await stage.proxied():
        proxy.fragment = 64
    await stage.start()
    await stage.door.accept(jobs)
    await stage.watched()
    report(await stage.verdict("64-byte fragments to and from broker and database"))
