"""The subtitle files that people gave with their videos."""

from dataclasses import dataclass
from uuid import UUID

from services.gateway.models.subtitle_files import SubtitleFile
from shared.postgres.statements import Executor


@dataclass(frozen=True, slots=True)
class Stored:
    """A subtitle file that was read: where it lies, and its cues as JSON with their digest."""

    told: SubtitleFile
    storage_path: str
    digest: str
    cues: str


async def source_language(db: Executor, video_id: UUID) -> str | None:
    """Return what a video speaks (BCP 47), if the caller sees the video."""
    found: str | None = await db.fetchval(
        """select coalesce(v.language, p.source_language)
           from videos v join projects p on p.id = v.project_id
           where v.id = $1""",
        video_id,
    )
    return found


async def place(db: Executor, video_id: UUID) -> tuple[str, str] | None:
    """Return a subtitle file's name and where it lies, if the caller's video has one."""
    row = await db.fetchrow(
        "select filename, storage_path from subtitle_files where video_id = $1", video_id
    )
    return None if row is None else (row["filename"], row["storage_path"])


async def save(db: Executor, video_id: UUID, file: Stored) -> None:
    """Put a subtitle file in place of a video's. To be called with the worker's role."""
    await db.execute(
        """insert into subtitle_files as s
             (video_id, filename, language, storage_path, digest, cues, cue_count)
           values ($1, $2, $3, $4, $5, $6::jsonb, $7)
           on conflict (video_id) do update set filename = excluded.filename,
             language = excluded.language, storage_path = excluded.storage_path,
             digest = excluded.digest, cues = excluded.cues, cue_count = excluded.cue_count""",
        video_id,
        file.told.filename,
        file.told.language,
        file.storage_path,
        file.digest,
        file.cues,
        file.told.cues,
    )


async def delete(db: Executor, video_id: UUID) -> None:
    """Take a video's subtitle file away. To be called with the worker's role."""
    await db.execute("delete from subtitle_files where video_id = $1", video_id)
