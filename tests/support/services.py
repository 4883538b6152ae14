"""The services as processes of their own, to be started, killed and watched."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from shared.events import VideoProcess
from shared.postgres.outbox import PostgresOutbox
from shared.postgres.statements import Executor
from shared.routes import CONSUMERS, Service

ROOT = Path(__file__).resolve().parent.parent.parent


class Services:
    """The four workers, each in a process group of its own, with one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._running: dict[Service, asyncio.subprocess.Process] = {}

    async def start(self, *names: Service) -> None:
        """Start the named services, by default all."""
        for name in names or CONSUMERS:
            self._running[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"services.{name}",
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
            )

    def pids(self) -> dict[Service, int]:
        """Return the processes that still run."""
        return {name: p.pid for name, p in self._running.items() if p.returncode is None}

    async def kill(self, name: Service) -> None:
        """End a service as a power cut would."""
        process = self._running[name]
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def stop(self) -> list[int]:
        """End all as an operator would; return the exit statuses."""
        for process in self._running.values():
            if process.returncode is None:
                process.terminate()
        statuses = [await asyncio.wait_for(p.wait(), 90) for p in self._running.values()]
        self._running = {}
        return statuses


async def accepted(db: Executor, storage_path: str, languages: tuple[str, ...]) -> VideoProcess:
    """Write the rows of a new job as the gateway does; return its event, not yet published."""
    org, project, video = (uuid4() for _ in range(3))
    await db.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await db.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    await db.execute(
        """insert into videos (id, project_id, title, filename, storage_path)
           values ($1, $2, 'Sample', 'sample.mp4', $3)""",
        video,
        project,
        storage_path,
    )
    return await _job(db, project, video, languages)


async def begun(db: Executor, earlier: VideoProcess, languages: tuple[str, ...]) -> VideoProcess:
    """Write a further job on the video of an earlier one; return its event, not yet published."""
    return await _job(db, earlier.project_id, earlier.video_id, languages)


async def _job(
    db: Executor, project: UUID, video: UUID, languages: tuple[str, ...]
) -> VideoProcess:
    job = uuid4()
    await db.execute(
        """insert into processing_jobs (id, project_id, video_id, languages)
           values ($1, $2, $3, $4)""",
        job,
        project,
        video,
        list(languages),
    )
    event = VideoProcess.of(
        job_id=job, project_id=project, video_id=video, unit="job", languages=languages
    )
    await PostgresOutbox(db).post(Service.GATEWAY, [event], cause="job")
    return event
