"""What more than one service asks of the tables, or writes into them."""

from collections.abc import Sequence
from uuid import UUID

from shared.errors import UnsupportedError
from shared.events import Event
from shared.postgres.statements import Executor
from shared.routes import Service


async def save_engine(
    db: Executor, service: Service, engine: str, languages: Sequence[str] | None
) -> None:
    """Tell which engine a service works with, and in which languages; none for any."""
    await db.execute(
        """insert into engines (service, engine, languages) values ($1, $2, $3)
           on conflict (service) do update set engine = excluded.engine,
             languages = excluded.languages, updated_at = now()""",
        service.value,
        engine,
        None if languages is None else list(languages),
    )


async def storage_path(db: Executor, video_id: UUID) -> str:
    """Return where a video lies; raises UnsupportedError where nothing was uploaded."""
    path = await db.fetchval("select storage_path from videos where id = $1", video_id)
    if not path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return str(path)


async def spoken_language(db: Executor, video_id: UUID) -> str | None:
    """Return what a video speaks (BCP 47): its own language, else its project's; none if gone."""
    found: str | None = await db.fetchval(
        """select coalesce(v.language, p.source_language)
           from videos v join projects p on p.id = v.project_id where v.id = $1""",
        video_id,
    )
    return found


async def settled(db: Executor, event: Event, service: Service, prefix: str) -> tuple[int, int]:
    """Return how many units of an event's job and epoch have ended, and how many ended well.

    Of two that end at once, the second one sees the first: others wait until the transaction ends.
    """
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", str(event.job_id))
    row = await db.fetchrow(
        """select count(*) as ended, count(*) filter (where state = 'done') as done
           from work_units where job_id = $1 and epoch = $2 and service = $3
           and starts_with(unit, $4) and state in ('done', 'failed')""",
        event.job_id,
        event.epoch,
        service.value,
        prefix,
    )
    if row is None:  # an aggregate always has one row
        raise AssertionError(event)
    return row["ended"], row["done"]
