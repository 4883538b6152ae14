"""Notes files that have arrived in a storage which takes uploads itself, and tells nobody."""

from dataclasses import dataclass

import asyncpg
import structlog

from services.gateway.problems import too_large
from services.gateway.queries import videos
from services.gateway.uploads import storage_path
from shared.storage import ServedStorage

_HOURS = 25  # that an upload's ticket is good for, and a little more
_MOST = 200  # videos at a look, the newest first

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Looks for the files of videos that are being uploaded; `most` bytes are taken at most."""

    pool: asyncpg.Pool
    storage: ServedStorage
    most: int

    async def note(self) -> int:
        """Note what has arrived; return how many files."""
        rows = await self.pool.fetch(
            """select id, filename from videos
               where storage_path is null and refusal is null
                 and created_at > now() - make_interval(hours => $1)
               order by created_at desc limit $2""",
            _HOURS,
            _MOST,
        )
        found = 0
        for row in rows:
            path = storage_path(row["id"], row["filename"])
            size = await self.storage.size(path)
            if size is None:
                continue
            if size > self.most:
                await videos.refused(self.pool, row["id"], str(too_large(self.most)))
            else:
                await videos.uploaded(self.pool, row["id"], path)
                found += 1
        if found:
            logger.info("uploads_arrived", files=found)
        return found
