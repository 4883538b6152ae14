"""What has to hold before a job is queued: the video's bytes are there, and can be decoded."""

from http import HTTPStatus
from uuid import UUID

import structlog

from services.gateway import poster, problems
from services.gateway.access import act_as_worker
from services.gateway.models.videos import Video
from services.gateway.parts import Parts
from services.gateway.probe import Look
from services.gateway.problems import ProblemError
from services.gateway.queries import videos
from services.gateway.uploads import storage_path
from shared.errors import TransientError
from shared.media.opening import NotAVideoError
from shared.storage import MissingObjectError

_LINK_SECONDS = 300.0

logger = structlog.get_logger()


def not_uploaded(video_id: UUID) -> ProblemError:
    """Return the refusal for a video whose bytes have not all arrived."""
    return ProblemError(
        HTTPStatus.CONFLICT,
        "video-not-uploaded",
        "The video is not uploaded yet",
        f"Send all of its bytes by tus, as the answer that created {video_id} says, then "
        "process it.",
    )


async def admit(parts: Parts, video_id: UUID) -> None:
    """Check a video's file, once: when it has arrived, else when a job on it is wished for.

    Raises ProblemError: 404, 403, 409 where it is not uploaded, 422 where it is no video.
    """
    if await _known(parts, video_id) is None:
        return
    async with parts.prober.alone(video_id):
        # Somebody else may have looked meanwhile.
        video = await _known(parts, video_id)
        if video is None:
            return
        path = video.storage_path or await _arrived(parts, video)
        seen = await _looked_at(parts, video, path)
        name = await _kept(parts, video_id, seen.poster)
        async with parts.access.as_worker() as db:
            await videos.probed(db, video_id, seen.media, name)


async def _known(parts: Parts, video_id: UUID) -> Video | None:
    """Return a video whose file was not looked at yet; none where it was."""
    async with parts.access.transaction() as db:
        video = await videos.found(db, video_id)
        if video is None:
            raise problems.not_found(what="video", listing="GET /api/videos")
        if not await videos.is_writer(db, video_id):
            raise problems.forbidden()
        return None if await videos.is_probed(db, video_id) else video


async def _arrived(parts: Parts, video: Video) -> str:
    """Note the file of a video that went straight to the storage, which tells nobody."""
    path = storage_path(video.id, video.filename)
    size = await parts.storage.size(path)
    if parts.uploads is not None or size is None:
        raise not_uploaded(video.id)
    if size > parts.settings.max_upload_bytes:
        refusal = problems.too_large(parts.settings.max_upload_bytes)
        await _refused(parts, video.id, str(refusal))
        raise refusal
    async with parts.access.transaction() as db:
        await act_as_worker(db)
        await videos.uploaded(db, video.id, path)
    return path


async def _refused(parts: Parts, video_id: UUID, reason: str) -> None:
    """Let whoever sees the video know that nothing comes of its file, and why."""
    async with parts.access.as_worker() as db:
        await videos.refused(db, video_id, reason)


async def _kept(parts: Parts, video_id: UUID, picture: bytes) -> str | None:
    """Store a poster; return its name, or none where there is none: a film does without."""
    if not picture:
        return None
    try:
        await parts.storage.put(f"images/{video_id}/{poster.NAME}", picture, "image/jpeg")
    except (TransientError, OSError) as error:
        logger.warning("poster_not_stored", video_id=str(video_id), reason=str(error))
        return None
    return poster.NAME


async def _looked_at(parts: Parts, video: Video, path: str) -> Look:
    try:
        link = await parts.storage.link(path, _LINK_SECONDS)
        if link is not None:
            return await parts.prober.look(link)
        async with parts.storage.local(path) as file:
            return await parts.prober.look(str(file))
    except MissingObjectError as error:
        raise not_uploaded(video.id) from error
    except NotAVideoError as error:
        logger.info("video_refused", video_id=str(video.id), reason=str(error))
        await _refused(parts, video.id, f"The file is not a video that can be read: {error}")
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "video-unreadable",
            "The file is not a video that can be read",
            f"{video.filename}: {error} Upload another file, as a new video.",
        ) from error
