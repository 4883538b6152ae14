"""Each service is killed at each point of its work, and started again."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from shared.routes import CONSUMERS, Service
from tests.faults.script import Point
from tests.faults.stage import Stage
from tests.faults.verdict import Expected, Verdict

pytestmark = pytest.mark.integration

_PAID = (Service.TRANSCRIBER, Service.DOCGEN, Service.TRANSLATOR)
_CALLS = (Point.BEFORE_CALL, Point.DURING_CALL, Point.AFTER_CALL)


async def killed(stage: Stage, jobs: int, points: Mapping[Service, Point], fault: str) -> Verdict:
    for service in CONSUMERS:
        # Progress publishes only endings, and jobs that end together share one batch.
        nth = 1 if service is Service.PROGRESS else 2
        script = replace(stage.script, point=points.get(service, Point.NOWHERE), nth=nth)
        await stage.start(service, script=script)
    await stage.door.accept(jobs)
    await stage.watched()
    lost = sum(point in _CALLS for point in points.values())
    verdict = await stage.verdict(fault, Expected(unknown=lost))
    assert verdict.killed == len(points)
    assert verdict.unknown == lost
    return verdict


async def test_services_killed_each_at_another_point(stage: Stage, jobs: int) -> None:
    points = {
        Service.TRANSCRIBER: Point.DURING_CALL,
        Service.DOCGEN: Point.BEFORE_PUBLISH,
        Service.TRANSLATOR: Point.BEFORE_ACK,
        Service.PROGRESS: Point.BEFORE_PUBLISH,
    }
    await killed(stage, jobs, points, "kill -9 of each service")


@pytest.mark.thorough
@pytest.mark.parametrize("point", [*_CALLS, Point.BEFORE_PUBLISH, Point.BEFORE_ACK])
async def test_every_service_killed_at_a_point(
    stage: Stage, jobs: int, point: Point, report: Callable[[Verdict], None]
) -> None:
    # Progress pays for nothing.
    victims = _PAID if point in _CALLS else CONSUMERS
    points = dict.fromkeys(victims, point)
    report(await killed(stage, jobs, points, f"kill -9 of {', '.join(victims)}: {point}"))
