"""Object storage: video bytes and pictures, which no broker or database carries."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from shared.errors import DocreelError


class MissingObjectError(DocreelError):
    """There is no such object in the storage: upload it again."""


class Storage(Protocol):
    """Objects by path, such as `videos/<id>/talk.mp4`."""

    def local(self, path: str) -> AbstractAsyncContextManager[Path]:
        """Lend the object as a file, until the context ends. Raises MissingObjectError."""

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """Store an object, in place of one of the same path."""

    async def get(self, path: str) -> bytes:
        """Return an object's bytes. Raises MissingObjectError."""


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

    @staticmethod
    def _write(found: Path, data: bytes) -> None:
        # Whole or not at all: a reader never sees half a picture.
        found.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=found.parent, prefix=".put-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(found)
