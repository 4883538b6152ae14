"""What the gateway writes: a job's creation, its cancellation and its next epoch."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.progress.domain.summary import TERMINAL, Summary
from shared.events import Event, JobCancel, VideoProcess
from simulation.world import Job, Tables, View


class DoorRows:
    """The gateway's part of a job's row, as `services.gateway.queries.jobs` writes it."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def create(self, job_id: UUID, video_id: UUID, languages: tuple[str, ...]) -> Event:
        """Create a job; return the event that starts it. Asked again, it is the same job."""
        now = self._view.world.now()

        def change(tables: Tables) -> Job:
            project = tables.videos[video_id].project_id
            job = Job(job_id, project, video_id, languages, Summary(1), now, now)
            return tables.jobs.setdefault(job_id, job)

        return VideoProcess.of(
            **_about(await self._view.write(change)), unit="job", languages=languages
        )

    async def cancel(self, job_id: UUID) -> Event | None:
        """Ask a job that has not ended to end; return the event that tells it, none otherwise."""
        now = self._view.world.now()

        def change(tables: Tables) -> Job | None:
            job = tables.jobs[job_id]
            if job.shown.status in TERMINAL:
                return None
            if job.cancel_requested_at is None:
                job = replace(job, cancel_requested_at=now, updated_at=now)
            tables.jobs[job_id] = job
            return job

        found = await self._view.write(change)
        return None if found is None else JobCancel.of(**_about(found), unit="cancel")

    async def retry(self, job_id: UUID) -> Event | None:
        """Start a job that has ended again, in its next epoch; none where it has not ended."""
        now = self._view.world.now()

        def change(tables: Tables) -> Job | None:
            job = tables.jobs[job_id]
            if job.shown.status not in TERMINAL:
                return None
            shown = Summary(job.epoch + 1)
            tables.jobs[job_id] = replace(
                job, shown=shown, updated_at=now, accepted_at=now, cancel_requested_at=None
            )
            return tables.jobs[job_id]

        found = await self._view.write(change)
        if found is None:
            return None
        return VideoProcess.of(**_about(found), unit="job", languages=found.languages)


def _about(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "project_id": job.project_id,
        "video_id": job.video_id,
        "epoch": job.epoch,
    }
