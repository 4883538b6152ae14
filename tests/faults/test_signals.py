"""Services are told to end, and stopped for longer than their lease."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.routes import Service
from tests.faults.script import Point
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

_PAID = (Service.TRANSCRIBER, Service.DOCGEN, Service.TRANSLATOR)
Report = Callable[[Verdict], None]


async def succeeded(stage: Stage) -> None:
    """Watch the jobs; a stopped worker's message stays in its hands, so others get copies."""
    watching = asyncio.create_task(stage.watched())
    while not watching.done():
        await asyncio.wait({watching}, timeout=4)
        await stage.door.publish(await stage.door.outbox())
    await watching


@pytest.mark.thorough
async def test_sigterm_with_time_to_drain_loses_no_call(
    stage: Stage, jobs: int, report: Report
) -> None:
    stage.script = replace(stage.script, seconds=0.5)
    first = await stage.start()
    await stage.door.accept(jobs)
    for number, service in enumerate(_PAID, 1):
        await stage.calls(number, service)
        leaving = next(one for one in first if one.service is service)
        await stage.start(service)
        assert await leaving.end() == 0
    await stage.watched()
    report(await stage.verdict("SIGTERM to each worker in a call, with time to drain"))


async def test_sigterm_without_time_to_drain_costs_the_calls_in_hand(
    stage: Stage, jobs: int, report: Report
) -> None:
    stage.environment["GRACE_SECONDS"] = "0.2"
    calm = stage.script
    stage.script = replace(calm, hang=2)
    first = await stage.start(*_PAID)
    stage.script = calm
    await stage.start(Service.PROGRESS)
    await stage.door.accept(jobs)
    for service in _PAID:
        await stage.calls(2, service)
        leaving = next(one for one in first if one.service is service)
        await stage.start(service)
        assert await leaving.end() == 0
    await stage.watched()
    verdict = await stage.verdict(
        "SIGTERM to each worker in a call that hangs, without time to drain", Expected(unknown=3)
    )
    # The call had begun, and its unit was freed with a note of it: nobody waited for the lease.
    assert verdict.unknown == 3
    report(verdict)


async def test_a_worker_stopped_past_its_lease_overwrites_nothing(
    stage: Stage, jobs: int, report: Report
) -> None:
    stage.script = replace(stage.script, seconds=0.1)
    stops = replace(stage.script, point=Point.DURING_CALL, nth=2, sign=signal.SIGSTOP)
    stopped = await stage.start(*_PAID, script=stops)
    await stage.start()
    await stage.door.accept(jobs)
    await succeeded(stage)
    for replica in stopped:
        replica.send(signal.SIGCONT)
    verdict = await stage.verdict(
        "SIGSTOP of each worker in a call past its lease, then SIGCONT", Expected(unknown=3)
    )
    # A worker to which the others left no second call is never stopped.
    assert 0 < verdict.unknown <= 3
    report(verdict)


@pytest.mark.thorough
async def test_a_worker_stopped_before_its_call_does_not_make_it(
    stage: Stage, jobs: int, report: Report
) -> None:
    stops = replace(stage.script, point=Point.PREPARED, nth=2, sign=signal.SIGSTOP)
    stopped = await stage.start(*_PAID, script=stops)
    await stage.start()
    await stage.door.accept(jobs)
    await succeeded(stage)
    for replica in stopped:
        replica.send(signal.SIGCONT)
    verdict = await stage.verdict(
        "SIGSTOP of each worker between claim and call past its lease, then SIGCONT",
        Expected(unknown=3),
    )
    assert verdict.calls == verdict.units
    report(verdict)
