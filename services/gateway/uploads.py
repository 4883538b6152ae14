"""Uploads in pieces: a partial file that survives a restart, moved into the storage when whole.

The partial file's size is the upload's offset, and its lock (flock, which a killed process gives
back by itself) keeps two writers apart, be they in one gateway or in two on the same folder.
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from services.gateway.problems import ProblemError, too_large
from shared.formats import names
from shared.storage import FILE_MODE, Folder, make_folder

_BLOCK = 1024 * 1024  # bytes written at a time
_SILENCE = 60.0  # seconds without a byte, after which a sender is taken for gone
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(slots=True)
class Upload:
    """One upload in this process's hands; `length` is the bytes it has in all."""

    partial: Path
    final: Path
    length: int
    _file: int = field(default=-1, repr=False)

    def offset(self) -> int:
        """Return how many bytes have arrived."""
        # The final file comes to be in one step, so there it is whole.
        if self.final.is_file():
            return self.length
        try:
            return self.partial.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other writer away. Raises ProblemError (423) where there is one."""
        make_folder(self.partial.parent)
        self._file = os.open(self.partial, os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            with suppress(PermissionError):  # another user's, who has done this
                os.fchmod(self._file, FILE_MODE)  # whatever the umask
            self._lock()
            yield
        finally:
            os.close(self._file)
            if self.final.is_file():
                self.partial.unlink(missing_ok=True)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The holder before may have moved the file away between our open and our lock.
            mine = self.partial.stat().st_ino == os.fstat(self._file).st_ino
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            raise ProblemError(
                HTTPStatus.LOCKED,
                "upload-in-progress",
                "Another request is sending this upload",
                "Wait until it has ended, ask for the offset (HEAD), and go on from there.",
                {"Retry-After": "1"},
            )

    async def receive(self, chunks: AsyncIterator[bytes], offset: int) -> int:
        """Append what a request sends, and return the next offset; needs the lock.

        What has arrived is kept when the sender goes away. Raises ProblemError for too many
        bytes (none of the request's are kept then), a silent sender or a full disk.
        """
        start, waiting = offset, bytearray()
        try:
            async for chunk in _awaited(chunks):
                if offset + len(waiting) + len(chunk) > self.length:
                    waiting.clear()
                    os.ftruncate(self._file, start)
                    raise too_large(self.length)
                waiting += chunk
                if len(waiting) >= _BLOCK:
                    block, waiting = waiting, bytearray()
                    await _to_its_end(partial(self._write, block, offset))
                    offset += len(block)
        finally:
            if waiting:
                self._write(waiting, offset)
                offset += len(waiting)
        return offset

    def _write(self, block: bytearray, at: int) -> None:
        view = memoryview(block)
        try:
            while view:
                written = os.pwrite(self._file, view, at)
                view, at = view[written:], at + written
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise ProblemError(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "storage-full",
                "The storage is full",
                "Free some space, then go on with the upload: what has arrived is kept.",
            ) from error

    async def finish(self) -> None:
        """Move a whole upload into the storage, for good; needs the lock. Safe to run twice."""
        await _to_its_end(self._finish)

    def _finish(self) -> None:
        if self.final.is_file():
            return
        os.fsync(self._file)
        make_folder(self.final.parent)
        self.partial.rename(self.final)
        # The name is safe only once the folders are written too.
        for folder in (self.final.parent, self.final.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


async def _to_its_end(work: Callable[[], None]) -> None:
    """Run blocking work in a thread; a cancelled request still waits, since its file is in use."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await running
        raise


async def _awaited(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            # A laptop that went to sleep must not hold the lock until TCP notices.
            raise ProblemError(
                HTTPStatus.REQUEST_TIMEOUT,
                "upload-stalled",
                f"No byte arrived for {_SILENCE:g} seconds",
                "Ask for the offset (HEAD) and go on from there: what has arrived is kept.",
            ) from error
        yield chunk


@dataclass(frozen=True, slots=True)
class Uploads:
    """All uploads into one storage folder."""

    folder: Folder

    def of(self, video_id: UUID, filename: str, length: int) -> Upload:
        """Return a video's upload."""
        # Below the storage's own folder: a rename is atomic only within one file system.
        unfinished = self.folder.at(f".uploads/{video_id}")
        return Upload(unfinished, self.folder.at(storage_path(video_id, filename)), length)


def storage_path(video_id: UUID, filename: str) -> str:
    """Return where a video's file lies in the storage, by a name that every storage takes."""
    return f"videos/{video_id}/{names.key(filename)}"
