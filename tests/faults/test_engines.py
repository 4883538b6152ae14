"""The engine fails in passing, once for every unit."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.stage import Stage
from tests.faults.verdict import Verdict

pytestmark = [pytest.mark.integration, pytest.mark.thorough]


async def test_an_engine_that_fails_each_unit_once(
    stage: Stage, jobs: int, report: Callable[[Verdict], None]
) -> None:
    stage.script = replace(stage.script, fails=True)
    await stage.start()
    await stage.door.accept(jobs)
    await stage.watched()
    verdict = await stage.verdict("each unit's first call fails in passing")
    assert (verdict.failed, verdict.calls) == (verdict.units, 2 * verdict.units)
    report(verdict)
