"""Where a new video's bytes go: to the gateway's own tus endpoint, or straight to the storage."""

from datetime import UTC, datetime, timedelta

from services.gateway.models.videos import CreatedVideo, Upload, Video
from services.gateway.parts import Parts
from services.gateway.uploads import storage_path

CHUNK_BYTES = 6 * 1024 * 1024  # the only size that Supabase Storage takes


async def ticket(parts: Parts, video: Video) -> CreatedVideo:
    """Return a video with the ticket for its bytes."""
    signed = await parts.storage.ticket(storage_path(video.id, video.filename))
    if signed is None:
        upload = Upload(
            upload_url=f"/api/uploads/{video.id}",
            create_url=None,
            headers={},
            metadata={"filename": video.filename},
            chunk_bytes=CHUNK_BYTES,
            expires_at=None,
        )
    else:
        upload = Upload(
            upload_url=None,
            create_url=signed.url,
            headers=signed.headers,
            metadata=signed.metadata,
            chunk_bytes=CHUNK_BYTES,
            expires_at=datetime.now(UTC) + timedelta(seconds=signed.seconds),
        )
    return CreatedVideo(**video.model_dump(), upload=upload, upload_url=upload.upload_url)
