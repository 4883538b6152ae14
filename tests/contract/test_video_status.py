"""What a video's status says, on PostgreSQL and in memory alike: of its file, then of its jobs."""

from uuid import UUID

import pytest

from services.progress.domain.summary import Summary
from shared.routes import Service
from tests.contract.conftest import Stage

pytestmark = pytest.mark.integration

RUNNING = ("processing", None)
READY = ("ready", None)


async def accept(stage: Stage) -> UUID:
    async with stage.database(Service.GATEWAY).transaction() as work:
        begun = await work.rows.create(stage.video, ("es",))
    job: UUID = begun.job_id
    return job


async def retry(stage: Stage, job: UUID) -> None:
    async with stage.database(Service.GATEWAY).transaction() as work:
        assert await work.rows.retry(job) is not None


async def show(stage: Stage, job: UUID, status: str, error: str | None = None) -> None:
    async with stage.database(Service.PROGRESS).transaction() as work:
        before = (await work.rows.locked([job]))[job]
        step = {"completed": "complete", "processing": "transcribing"}.get(status, "error")
        await work.rows.save_states({job: Summary(before.epoch, status, step, "", 0.5, error)})


async def test_a_file_arrives_and_is_refused(stage: Stage) -> None:
    assert await stage.status() == ("uploading", None)
    await stage.upload("videos/a.mp4")
    assert await stage.status() == ("uploaded", None)
    await stage.refuse("no video")
    assert await stage.status() == ("failed", "no video")
    job = await accept(stage)
    assert await stage.status() == RUNNING
    await show(stage, job, "completed")
    assert await stage.status() == READY


@pytest.mark.parametrize(
    ("ending", "error", "told"),
    [
        ("completed", None, READY),
        ("failed", "no sound", ("failed", "no sound")),
        ("cancelled", None, ("uploaded", None)),
    ],
)
async def test_a_job_ends_and_is_tried_again(
    stage: Stage, ending: str, error: str | None, told: tuple[str, str | None]
) -> None:
    await stage.upload("videos/a.mp4")
    job = await accept(stage)
    assert await stage.status() == RUNNING
    await show(stage, job, "processing")
    assert await stage.status() == RUNNING
    await show(stage, job, ending, error)
    assert await stage.status() == told
    await retry(stage, job)
    assert await stage.status() == RUNNING
    await show(stage, job, "cancelled")
    # As it was before: what the first epoch came to.
    assert await stage.status() == told


async def test_of_several_jobs_the_one_accepted_last_decides(stage: Stage) -> None:
    await stage.upload("videos/a.mp4")
    first, second = await accept(stage), await accept(stage)
    await show(stage, first, "failed", "too long")
    assert await stage.status() == RUNNING
    await show(stage, second, "completed")
    assert await stage.status() == READY
    third = await accept(stage)
    await show(stage, third, "cancelled")
    assert await stage.status() == READY
    await retry(stage, first)
    assert await stage.status() == RUNNING
    await show(stage, first, "cancelled")
    assert await stage.status() == READY
    await retry(stage, first)
    await show(stage, first, "failed", "too long again")
    assert await stage.status() == ("failed", "too long again")


async def test_the_last_one_cancelled_leaves_it_to_the_one_before(stage: Stage) -> None:
    first, second = await accept(stage), await accept(stage)
    await show(stage, first, "completed")
    assert await stage.status() == RUNNING
    await show(stage, second, "cancelled")
    assert await stage.status() == READY
