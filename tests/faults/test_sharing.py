"""Replicas share a job, come and go; two jobs of one video at once leave the rows of one."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.routes import CONSUMERS, Service
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict, forget, made

pytestmark = pytest.mark.integration

Report = Callable[[Verdict], None]
_TWENTY = tuple(f"{letter}{letter}" for letter in "abcdfghijklmopqrstuv")


async def test_three_translators_share_one_job_while_one_joins_and_one_leaves(
    stage: Stage, report: Report
) -> None:
    stage.environment["PREFETCH"] = "1"
    stage.script = replace(stage.script, seconds=0.4)
    await stage.start(*(one for one in CONSUMERS if one is not Service.TRANSLATOR))
    first = await stage.start(*[Service.TRANSLATOR] * 3)
    await stage.door.accept(1, _TWENTY)
    watching = asyncio.create_task(stage.watched())
    await stage.calls(12, Service.TRANSLATOR)
    (joined,) = await stage.start(Service.TRANSLATOR)
    leaving = first[0].pid
    assert await first[0].end() == 0
    await watching
    verdict = await stage.verdict("three translators share a job; one joins, one leaves by SIGTERM")
    assert verdict.calls == verdict.units
    shares = Counter(
        one.pid
        for one in stage.book.lines()
        if one.service == Service.TRANSLATOR and one.what == "answered"
    )
    assert set(shares) == {leaving, first[1].pid, first[2].pid, joined.pid}
    assert shares.total() == len(_TWENTY) * (1 + stage.script.chapters)
    report(verdict)


async def test_two_jobs_of_one_video_doubled_and_shuffled_leave_the_rows_of_one(
    stage: Stage, report: Report
) -> None:
    clean = await stage.start()
    await stage.door.accept(1)
    await stage.watched()
    for replica in clean:
        assert await replica.end() == 0
    before = await made(stage.dsn)
    assert all(before.values())
    await forget(stage.dsn)
    stage.script = replace(stage.script, copies=2, shuffle=0.3, seconds=0.1)
    await stage.start()
    await stage.door.again(2)
    await stage.watched()
    verdict = await stage.verdict(
        "two jobs of one video at once, every event twice and shuffled", Expected(shared=True)
    )
    assert await made(stage.dsn) == before
    report(verdict)
