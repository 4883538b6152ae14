"""Clears the storage of what no row needs: files of deleted videos, dead uploads, old pictures.

Nothing is removed in its first day, so that what is being written is never taken for left over.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from services.gateway import poster
from shared.storage import Listed, ServedStorage

_DAY = 86_400.0  # seconds
_FILMS, _PICTURES, _UNFINISHED = "videos", "images", ".uploads"

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sweep:
    """Days that an unfinished upload may rest, and a picture that no article shows.

    A picture is kept as long as the results of engines: one of them may name it, and be used again.
    """

    pool: asyncpg.Pool
    storage: ServedStorage
    uploads: float
    pictures: float

    async def run(self) -> int:
        """Remove what is not needed; return how many objects."""
        films = _by_video(await self.storage.listed(_FILMS))
        pictures = _by_video(await self.storage.listed(_PICTURES))
        there = await self._there({*films, *pictures})
        if (films or pictures) and not there:
            # Rather a database that is empty, new or another one's than a storage of left-overs.
            logger.warning("sweep_refused", reason="the database knows no video of the storage")
            return 0
        left = [
            one.path
            for found in (films, pictures)
            for video, objects in found.items()
            if video not in there
            for one in objects
            if one.seconds > _DAY
        ]
        for video, objects in pictures.items():
            if video in there:
                old = [one for one in objects if one.seconds > (self.pictures + 1) * _DAY]
                left += await self._unseen(video, old)
        stale = await self.storage.listed(_UNFINISHED)
        left += [one.path for one in stale if one.seconds > self.uploads * _DAY]
        await self.storage.discard(left)
        if left:
            logger.info("storage_swept", objects=len(left))
        return len(left)

    async def _there(self, videos: set[UUID]) -> set[UUID]:
        rows = await self.pool.fetch("select id from videos where id = any ($1)", list(videos))
        return {row["id"] for row in rows}

    async def _unseen(self, video: UUID, pictures: Sequence[Listed]) -> list[str]:
        """Return the pictures that no article of the video shows, nor would show."""
        if not pictures:
            return []
        rows = await self.pool.fetch(
            """select content_json::text || coalesce(proposal::text, '') as text
               from articles where video_id = $1""",
            video,
        )
        shown = "".join([poster.NAME, *(row["text"] for row in rows)])
        return [one.path for one in pictures if one.path.rpartition("/")[2] not in shown]


def _by_video(objects: Sequence[Listed]) -> dict[UUID, list[Listed]]:
    found = defaultdict(list)
    for video, one in _named(objects):
        found[video].append(one)
    return dict(found)


def _named(objects: Sequence[Listed]) -> Iterator[tuple[UUID, Listed]]:
    for one in objects:
        try:
            yield UUID(one.path.split("/")[1]), one
        except ValueError:  # not ours: a folder of somebody else's
            continue
