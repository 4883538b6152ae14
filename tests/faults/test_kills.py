"""Each service is killed at each point of its work, and started again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.routes import CONSUMERS, Service
from tests.faults.script import Point
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

_PAID = (Service.TRANSCRIBER, Service.DOCGEN, Service.TRANSLATOR)
_CALLS = (Point.BEFORE_CALL, Point.DURING_CALL, Point.AFTER_CALL)
_COMMITS = (Point.BEFORE_PUBLISH, Point.BEFORE_ACK)
_CASES = [
    *((service, point) for service in _PAID for point in (*_CALLS, *_COMMITS)),
    *((Service.PROGRESS, point) for point in _COMMITS),
]


async def kill(stage: Stage, jobs: int, points: dict[Service, Point], fault: str) -> Verdict:
    # One message at a time, so that one call at most is in a victim's hands.
    stage.environment["PREFETCH"] = "1"
    for service in CONSUMERS:
        script = replace(stage.script, point=points.get(service, Point.NOWHERE), nth=2)
        await stage.start(service, script=script)
    await stage.door.accept(jobs)
    await stage.watched()
    lost = sum(point in _CALLS for point in points.values())
    verdict = await stage.verdict(fault, Expected(unknown=lost))
    assert verdict.deaths == len(points)
    return verdict


async def test_every_service_is_killed_in_one_run(stage: Stage, jobs: int) -> None:
    points = {
        Service.TRANSCRIBER: Point.DURING_CALL,
        Service.DOCGEN: Point.BEFORE_PUBLISH,
        Service.TRANSLATOR: Point.BEFORE_ACK,
        Service.PROGRESS: Point.BEFORE_PUBLISH,
    }
    await kill(stage, jobs, points, "all")


@pytest.mark.thorough
@pytest.mark.parametrize(("victim", "point"), _CASES)
async def test_a_service_killed_at_a_point_loses_nothing(
    stage: Stage, jobs: int, victim: Service, point: Point, report: Callable[[Verdict], None]
) -> None:
    report(await kill(stage, jobs, {victim: point}, f"{victim} killed {point}"))
