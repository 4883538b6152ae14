"""Looks at a film that was uploaded: is it one, how long is it, and what shows it in a list.

It is read in child processes: what a stranger uploaded is read by a library in C, and a crash or a
hang of it must not be the gateway's.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakValueDictionary

from services.gateway.poster import make_poster
from shared.child_process import Limits, run_in_child
from shared.errors import ChildDiedError
from shared.media.inspection import inspect
from shared.media.opening import NotAVideoError
from shared.media.tracks import MediaFile

_LOOKING = Limits(cpu=60, wall=60)
_POSTER = Limits(cpu=15, wall=15)  # a film is as good without one
_AT_ONCE = 2  # files looked at side by side


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a film; `poster` is a JPEG of it, empty where it has no picture."""

    media: MediaFile
    poster: bytes


@dataclass(frozen=True, slots=True)
class Prober:
    """Looks at files, two side by side."""

    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _locks: WeakValueDictionary[UUID, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def alone(self, video_id: UUID) -> asyncio.Lock:
        """Return the lock under which a video is looked at: once, however many ask for it."""
        return self._locks.setdefault(video_id, asyncio.Lock())

    async def look(self, source: str) -> Look:
        """Look at a file or URL. Raises NotAVideoError."""
        async with self._turns:
            try:
                media = await run_in_child(inspect, source, limits=_LOOKING)
            except ChildDiedError as error:
                message = f"The file is damaged, or made to do harm: {error}."
                raise NotAVideoError(message) from error
            try:
                return Look(media, await run_in_child(make_poster, source, media, limits=_POSTER))
            except ChildDiedError:
                return Look(media, b"")
