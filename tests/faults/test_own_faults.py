"""Faults of our own, for ever or once: a unit's handler, its rows, its process, its child."""

import json
from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

from shared.units import MOST_DEATHS
from shared.worker import MOST_ATTEMPTS
from tests.faults.script import Trouble
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

Report = Callable[[Verdict], None]
_WINDOW = "window/0"
# How many calls each costs, and what is told of it.
_ENDS = {
    Trouble.STORE: (1, "CheckViolationError"),
    Trouble.HANDLER: (MOST_ATTEMPTS, "ValueError: the answer is none"),
    Trouble.CHILD: (MOST_DEATHS, "The decoder ended with -9."),
}


async def played(stage: Stage, jobs: int, trouble: Trouble, unit: str = _WINDOW) -> str:
    """Let one job among others have the trouble, and all end; return its id.

    Attempts are a second apart, and a reaper publishes events again that still wait for the next.
    """
    stage.environment["RETRY_LONGEST_SECONDS"] = "1"
    await stage.door.accept(jobs)
    victim = str(stage.door.jobs[0].job_id)
    stage.script = replace(stage.script, trouble=trouble, victim=victim, unit=unit, still=1.0)
    await stage.start()
    await stage.watched()
    return victim


async def ended(stage: Stage, job: str) -> tuple[str, str]:
    """Return a job's status, and its error or its only issue."""
    db = await asyncpg.connect(stage.dsn)
    row = await db.fetchrow("select * from processing_jobs where id = $1::uuid", job)
    await db.close()
    assert row is not None
    told = [row["error_message"] or "", *json.loads(row["issues"])]
    return row["status"], "; ".join(one for one in told if one)


def begun(stage: Stage, job: str, unit: str = _WINDOW) -> int:
    lines = stage.book.lines()
    return sum((one.what, one.job, one.unit) == ("begun", job, unit) for one in lines)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.STORE,
        pytest.param(Trouble.HANDLER, marks=pytest.mark.thorough),
        Trouble.CHILD,
    ],
)
async def test_a_unit_that_never_succeeds_ends_and_its_job_with_it(
    stage: Stage, jobs: int, trouble: Trouble, report: Report
) -> None:
    calls, told = _ENDS[trouble]
    victim = await played(stage, jobs, trouble)
    status, reason = await ended(stage, victim)
    assert status == "completed"
    assert reason.startswith("Window 0 could not be transcribed: ")
    assert told in reason
    assert begun(stage, victim) == calls
    expected = Expected(victim=victim, logged=True, revived=True)
    report(await stage.verdict(f"one unit for ever: {trouble}", expected))


@pytest.mark.thorough
async def test_a_unit_whose_failing_fails_ends_its_job(
    stage: Stage, jobs: int, report: Report
) -> None:
    victim = await played(stage, jobs, Trouble.FAIL)
    status, reason = await ended(stage, victim)
    assert (status, "ValueError: the answer" in reason) == ("failed", True)
    assert begun(stage, victim) == MOST_ATTEMPTS
    expected = Expected(victim=victim, logged=True, revived=True)
    report(await stage.verdict(f"one unit for ever: {Trouble.FAIL}", expected))


@pytest.mark.thorough
async def test_a_store_that_fails_once_costs_no_second_call(
    stage: Stage, jobs: int, report: Report
) -> None:
    stage.environment["RETRY_LONGEST_SECONDS"] = "1"
    stage.script = replace(stage.script, trouble=Trouble.STORE_ONCE)
    await stage.start()
    await stage.door.accept(jobs)
    await stage.watched()
    verdict = await stage.verdict(f"each unit: {Trouble.STORE_ONCE}", Expected(logged=True))
    assert verdict.calls == verdict.units
    report(verdict)


@pytest.mark.parametrize(
    ("unit", "status"),
    [(_WINDOW, "completed"), pytest.param("transcription", "failed", marks=pytest.mark.thorough)],
)
async def test_a_unit_that_kills_its_worker_is_given_up_and_others_go_on(
    stage: Stage, jobs: int, unit: str, status: str, report: Report
) -> None:
    stage.script = replace(stage.script, seconds=0.2)  # so that others are in the same hands
    victim = await played(stage, jobs, Trouble.DEADLY, unit)
    found, reason = await ended(stage, victim)
    assert (found, "3 processes died" in reason) == (status, True)
    # At the first death it was among others, which have run alone since.
    beside = int(stage.environment["PREFETCH"]) - 1
    verdict = await stage.verdict(
        f"one unit kills its worker each time: {unit}, {beside} others beside it at most",
        Expected(unknown=MOST_DEATHS + beside, victim=victim, logged=True, revived=True),
    )
    assert verdict.killed == MOST_DEATHS
    report(verdict)
