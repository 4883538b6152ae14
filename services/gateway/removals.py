"""Takes away what deleted videos have left in the storage. Two gateways at once share the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from shared.errors import TransientError
from shared.postgres.statements import Executor
from shared.storage import ServedStorage

# Once more, when nothing can come after: an upload's ticket works for a day, and a worker that was
# cancelled may store one more picture.
_AGAIN_HOURS = 25
_LEASE = 300  # seconds that one folder has, before another gateway may take it up

logger = structlog.get_logger()


async def note(db: Executor, videos: Sequence[UUID]) -> None:
    """Note the folders of videos whose rows are deleted. To be called with the worker's role."""
    folders = [f"{kind}/{video}" for video in videos for kind in ("videos", "images", ".uploads")]
    await db.execute(
        "insert into removals (folder) select unnest($1::text[]) on conflict do nothing", folders
    )


@dataclass(frozen=True, slots=True)
class Removals:
    """Removes what is due."""

    pool: asyncpg.Pool
    storage: ServedStorage

    async def remove(self) -> None:
        """Remove what is due from the storage; what cannot be is tried again later."""
        while (folder := await self._claimed()) is not None:
            try:
                objects = await self.storage.listed(folder)
                await self.storage.discard([one.path for one in objects])
            except (TransientError, OSError) as error:
                logger.warning("removal_put_off", folder=folder, reason=str(error))
                continue
            await self.pool.execute(
                """with over as (
                     delete from removals
                     where folder = $1 and created_at < now() - make_interval(hours => $2))
                   update removals set due_at = created_at + make_interval(hours => $2)
                   where folder = $1 and created_at >= now() - make_interval(hours => $2)""",
                folder,
                _AGAIN_HOURS,
            )

    async def _claimed(self) -> str | None:
        # Claimed by moving it on: a gateway that dies meanwhile leaves it to another.
        folder: str | None = await self.pool.fetchval(
            """update removals set due_at = clock_timestamp() + make_interval(secs => $1)
               where folder = (select folder from removals where due_at <= clock_timestamp()
                               order by due_at limit 1 for update skip locked)
               returning folder""",
            _LEASE,
        )
        return folder
