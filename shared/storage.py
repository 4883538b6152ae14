"""Object storage: video bytes and pictures, which no broker or database carries."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.errors import DocreelError
from shared.storage_settings import StorageSettings

# Services may run as users of their own, with the group in common: as containers do, by group 0.
FILE_MODE = 0o660
_FOLDER_MODE = 0o770


class MissingObjectError(DocreelError):
    """There is no such object in the storage: upload it again."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to upload one object by tus: created at `url`, with `headers` and `metadata`.

    It works for `seconds`.
    """

    url: str
    headers: dict[str, str]
    metadata: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Listed:
    """An object that lies in the storage, written last so many seconds ago."""

    path: str
    seconds: float


class Storage(Protocol):
    """Objects by path, such as `videos/<id>/talk.mp4`."""

    def local(self, path: str) -> AbstractAsyncContextManager[Path]:
        """Lend the object as a file, until the context ends. Raises MissingObjectError."""

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """Store an object, in place of one of the same path."""

    async def get(self, path: str) -> bytes:
        """Return an object's bytes. Raises MissingObjectError."""


class ServedStorage(Storage, Protocol):
    """What the gateway needs of a storage besides: to let others send and read objects."""

    async def size(self, path: str) -> int | None:
        """Return an object's bytes in number, or none where there is no such object."""

    async def link(self, path: str, seconds: float) -> str | None:
        """Return a URL by which anybody may read the object for `seconds`.

        None where there is none, and its bytes have to be served by `local`.
        """

    async def ticket(self, path: str) -> Ticket | None:
        """Return leave to upload an object, or none where the gateway takes uploads itself."""

    async def listed(self, folder: str) -> list[Listed]:
        """Return all objects below a folder, however deep, or of this very name; in no order."""

    async def discard(self, paths: Sequence[str]) -> None:
        """Remove objects; one that is gone already is no fault."""


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for all of the storage's users."""
    for one in (*reversed(folder.parents), folder):
        if not one.is_dir():
            one.mkdir(exist_ok=True)
            one.chmod(_FOLDER_MODE)  # whatever the umask


class Folder:
    """Objects as files below `root`: the embedded default."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def at(self, path: str) -> Path:
        """Return where an object lies. Raises MissingObjectError for a path that leads outside."""
        found = (self._root / path).resolve()
        if not found.is_relative_to(self._root) or found == self._root:
            raise MissingObjectError(path)
        return found

    @asynccontextmanager
    async def local(self, path: str) -> AsyncIterator[Path]:
        """See `Storage.local`."""
        found = self.at(path)
        if not found.is_file():
            message = f"{path} is not in the storage: upload it again"
            raise MissingObjectError(message)
        yield found

    async def put(self, path: str, data: bytes, content_type: str) -> None:  # noqa: ARG002
        """See `Storage.put`. A folder keeps no content type: the name's ending tells it."""
        await asyncio.to_thread(self._write, self.at(path), data)

    async def get(self, path: str) -> bytes:
        """See `Storage.get`."""
        async with self.local(path) as found:
            return await asyncio.to_thread(found.read_bytes)

    async def size(self, path: str) -> int | None:
        """See `ServedStorage.size`."""
        try:
            return self.at(path).stat().st_size
        except FileNotFoundError:
            return None

    async def link(self, path: str, seconds: float) -> None:  # noqa: ARG002 - the port's
        """See `ServedStorage.link`: a folder has no address."""
        return

    async def ticket(self, path: str) -> None:  # noqa: ARG002 - the port's
        """See `ServedStorage.ticket`: a folder takes nothing by itself."""
        return

    async def listed(self, folder: str) -> list[Listed]:
        """See `ServedStorage.listed`."""
        return await asyncio.to_thread(self._listed, self.at(folder))

    def _listed(self, folder: Path) -> list[Listed]:
        now, found = time.time(), []
        for file in (folder, *folder.rglob("*")):
            try:
                if file.is_file():
                    path = str(file.relative_to(self._root))
                    found.append(Listed(path, now - file.stat().st_mtime))
            except FileNotFoundError:  # it has just been moved or removed
                continue
        return found

    async def discard(self, paths: Sequence[str]) -> None:
        """See `ServedStorage.discard`. A folder that holds nothing any more goes with it."""
        for path in paths:
            await asyncio.to_thread(self._discard, self.at(path))

    @staticmethod
    def _discard(found: Path) -> None:
        found.unlink(missing_ok=True)
        with suppress(OSError):  # others lie there
            found.parent.rmdir()

    @staticmethod
    def _write(found: Path, data: bytes) -> None:
        # Whole or not at all: a reader never sees half a picture.
        make_folder(found.parent)
        handle, name = tempfile.mkstemp(dir=found.parent, prefix=".put-")
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, FILE_MODE)
            file.write(data)
        Path(name).replace(found)


@asynccontextmanager
async def opened(settings: StorageSettings) -> AsyncIterator[ServedStorage]:
    """Open the storage that the settings name, until the context ends."""
    if settings.supabase_url is None or settings.supabase_secret_key is None:
        if settings.storage_dir is None:  # the settings have checked it
            raise AssertionError(settings)
        yield Folder(settings.storage_dir)
        return
    # Its package is there only where Supabase is used.
    from shared.supabase_storage import SupabaseStorage  # noqa: PLC0415

    async with SupabaseStorage.opened(
        settings.supabase,
        settings.supabase_secret_key.get_secret_value(),
        settings.supabase_bucket,
    ) as storage:
        yield storage
