"""The rows that the transcriber owns: segments and source subtitles."""

from uuid import UUID, uuid5

from services.transcriber.domain.segments import Segment
from shared.errors import UnsupportedError
from shared.events import TranscriptionRequested
from shared.formats import subtitles, vtt
from shared.ledger import Executor

# Each window numbers its segments in a range of its own, so that windows end in any order.
_A_WINDOW = 100_000


async def storage_path(db: Executor, video_id: UUID) -> str:
    """Return where the video lies; raises UnsupportedError where nothing was uploaded."""
    path = await db.fetchval("select storage_path from videos where id = $1", video_id)
    if not path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return str(path)


async def languages(db: Executor, job_id: UUID) -> tuple[str, ...]:
    """Return the target languages of a job."""
    found = await db.fetchval("select languages from processing_jobs where id = $1", job_id)
    return tuple(found or ())


async def save_window(
    db: Executor, event: TranscriptionRequested, segments: list[Segment], engine: str
) -> None:
    """Replace one window's segments."""
    first = event.window * _A_WINDOW
    await db.execute(
        'delete from video_segments where video_id = $1 and "order" >= $2 and "order" < $3',
        event.video_id,
        first,
        first + _A_WINDOW,
    )
    await db.executemany(
        """insert into video_segments (id, video_id, "order", start_time, end_time,
             spoken_content, visual_context, confidence, engine)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (
                uuid5(event.video_id, str(first + n)),
                event.video_id,
                first + n,
                one.start,
                one.end,
                one.spoken,
                one.visual,
                one.confidence,
                engine,
            )
            for n, one in enumerate(segments)
        ],
    )


async def windows_left(db: Executor, event: TranscriptionRequested) -> tuple[int, int]:
    """Return how many windows have not ended, and how many ended well.

    Taken under the job's lock until the transaction ends: of two windows that end at once, the
    second one sees the first.
    """
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", str(event.job_id))
    row = await db.fetchrow(
        """select count(*) as ended, count(*) filter (where state = 'done') as done
           from work_units where job_id = $1 and epoch = $2
           and service = 'transcriber' and state in ('done', 'failed')""",
        event.job_id,
        event.epoch,
    )
    if row is None:  # an aggregate always has one row
        raise AssertionError(event)
    return event.windows - row["ended"], row["done"]


async def save_subtitles(db: Executor, video_id: UUID) -> int:
    """Write the video's WebVTT from its segments; return how many segments there are."""
    rows = await db.fetch(
        """select start_time, end_time, spoken_content from video_segments
           where video_id = $1 order by "order" """,
        video_id,
    )
    spoken = [(row[0], row[1], row[2]) for row in rows if row[2].strip()]
    await db.execute(
        "update videos set vtt_content = $2 where id = $1",
        video_id,
        vtt.write(subtitles.cues_from(spoken)),
    )
    return len(rows)
