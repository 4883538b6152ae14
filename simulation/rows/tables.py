"""What more than one service asks of the tables, or writes into them."""

from operator import itemgetter
from uuid import UUID

from shared.errors import UnsupportedError
from shared.events import Event
from simulation.world import Tables


def settled(tables: Tables, event: Event, service: str, prefix: str) -> tuple[int, int]:
    """Return how many units of an event's job and epoch have ended, and how many ended well."""
    states = [
        unit.state
        for (job, epoch, name), unit in tables.units.items()
        if (job, epoch, unit.service) == (event.job_id, event.epoch, service)
        and name.startswith(prefix)
        and unit.state in {"done", "failed"}
    ]
    return len(states), states.count("done")


def spoken_language(tables: Tables, video_id: UUID) -> str | None:
    """Return what a video speaks (BCP 47): its own language, else its project's; none if gone."""
    video = tables.videos.get(video_id)
    if video is None:
        return None
    if video.look is not None:
        return video.look.recording.language
    return tables.projects.get(video.project_id)


def storage_path(tables: Tables, video_id: UUID) -> str:
    """Return where a video lies; raises UnsupportedError where nothing was uploaded."""
    video = tables.videos.get(video_id)
    if video is None or not video.storage_path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return video.storage_path


def video_status(tables: Tables, video_id: UUID) -> tuple[str, str | None]:
    """Return what follows for a video from its file and its jobs, and why where it is `failed`."""
    video = tables.videos[video_id]
    deciding: list[tuple[float, UUID, str, str | None]] = []
    for job in tables.jobs.values():
        if job.video_id != video_id:
            continue
        if job.shown.status in {"pending", "processing"}:
            deciding.append((job.accepted_at, job.id, "processing", None))
        elif job.ended is not None:
            status, message, accepted_at = job.ended
            failed = status == "failed"
            told = ("failed", message) if failed else ("ready", None)
            deciding.append((accepted_at, job.id, *told))
    if deciding:
        _, _, status, message = max(deciding, key=itemgetter(0, 1))
        return status, message
    if video.refusal is not None:
        return "failed", video.refusal
    return "uploaded" if video.storage_path else "uploading", None
