"""Supabase Storage behind the storage port: signed links, upload tickets, downloads as a stream.

It acts with the project's secret key, which row-level security does not bind: who may do what is
decided before. Large objects never pass through memory.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import httpx
from storage3.exceptions import StorageApiError
from storage3.types import ListBucketFilesOptions
from supabase import AsyncClient, AsyncClientOptions, acreate_client

from shared.errors import TransientError
from shared.storage import Listed, MissingObjectError, Ticket

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # seconds; for reading, between two pieces
_TICKET_SECONDS = 24 * 3600.0  # how long Supabase's signed upload works
_DOWNLOAD_SECONDS = 3600.0  # for a link that is used at once, by a worker with a long video
_NOT_FOUND = 404
_PAGE = 1000  # names in one answer


class _Copy:
    """An object's file in a folder of its own, for as long as it has `users`."""

    def __init__(self, path: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="docreel-")
        self.file = Path(self.folder.name) / PurePosixPath(path).name
        self.fetching = asyncio.Lock()
        self.users = 0
        self.whole = False


class SupabaseStorage:
    """One bucket of a project; build it by `opened`."""

    def __init__(self, url: str, client: AsyncClient, http: httpx.AsyncClient, bucket: str) -> None:
        self._url = url
        self._http = http
        self._bucket_name = bucket
        self._bucket = client.storage.from_(bucket)
        self._copies: dict[str, _Copy] = {}

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, key: str, bucket: str) -> AsyncIterator["SupabaseStorage"]:
        """Open the bucket of the project at `url`, with its secret key, until the context ends."""
        # Two clients: the second has no key on it that a link could lead astray.
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT) as keyed,
            httpx.AsyncClient(timeout=_TIMEOUT) as http,
        ):
            client = await acreate_client(
                url,
                key,
                AsyncClientOptions(
                    auto_refresh_token=False, persist_session=False, httpx_client=keyed
                ),
            )
            yield cls(url, client, http, bucket)

    @asynccontextmanager
    async def local(self, path: str) -> AsyncIterator[Path]:
        """See `Storage.local`: a temporary copy, under the object's own name.

        Who asks for it meanwhile is lent the same: a long video's windows fetch and hold it once.
        """
        copy = self._copies.get(path)
        if copy is None:
            copy = self._copies[path] = _Copy(path)
        copy.users += 1
        try:
            async with copy.fetching:
                if not copy.whole:
                    await self._fetch(path, copy.file)
                    copy.whole = True
            yield copy.file
        finally:
            copy.users -= 1
            if not copy.users:
                del self._copies[path]
                copy.folder.cleanup()

    async def _fetch(self, path: str, target: Path) -> None:
        link = await self.link(path, _DOWNLOAD_SECONDS)
        try:
            async with self._http.stream("GET", link) as answer:
                if answer.status_code in {400, _NOT_FOUND}:
                    raise _missing(path)
                answer.raise_for_status()
                with target.open("wb") as file:
                    async for block in answer.aiter_bytes(1024 * 1024):
                        file.write(block)
        except httpx.HTTPError as error:
            raise _unreachable(path, error) from error

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """See `Storage.put`."""
        try:
            await self._bucket.upload(path, data, {"content-type": content_type, "upsert": "true"})
        except (StorageApiError, httpx.HTTPError) as error:
            raise _unreachable(path, error) from error

    async def get(self, path: str) -> bytes:
        """See `Storage.get`."""
        try:
            return bytes(await self._bucket.download(_checked(path)))
        except StorageApiError as error:
            raise _told(path, error) from error
        except httpx.HTTPError as error:
            raise _unreachable(path, error) from error

    async def size(self, path: str) -> int | None:
        """See `ServedStorage.size`."""
        try:
            found = await self._bucket.info(_checked(path))
        except StorageApiError as error:
            if isinstance(_told(path, error), MissingObjectError):
                return None
            raise _told(path, error) from error
        except httpx.HTTPError as error:
            raise _unreachable(path, error) from error
        size = found.get("size")
        return None if size is None else int(size)

    async def link(self, path: str, seconds: float) -> str:
        """See `ServedStorage.link`."""
        try:
            signed = await self._bucket.create_signed_url(_checked(path), int(seconds))
        except StorageApiError as error:
            raise _told(path, error) from error
        except httpx.HTTPError as error:
            raise _unreachable(path, error) from error
        if not signed["signedURL"]:
            raise _missing(path)
        return str(signed["signedURL"])

    async def ticket(self, path: str) -> Ticket:
        """See `ServedStorage.ticket`: Supabase's resumable upload, signed for one object."""
        try:
            signed = await self._bucket.create_signed_upload_url(_checked(path))
        except (StorageApiError, httpx.HTTPError) as error:
            raise _unreachable(path, error) from error
        return Ticket(
            url=f"{self._url}/storage/v1/upload/resumable/sign",
            headers={"x-signature": signed["token"]},
            metadata={
                "bucketName": self._bucket_name,
                "objectName": path,
                "contentType": "application/octet-stream",
                "cacheControl": "3600",
            },
            seconds=_TICKET_SECONDS,
        )

    async def listed(self, folder: str) -> list[Listed]:
        """See `ServedStorage.listed`."""
        now, found, folders = datetime.now(UTC), [], [folder]
        while folders:
            at = folders.pop()
            offset = 0
            while page := await self._page(at, offset):
                for one in page:
                    path = f"{at}/{one['name']}"
                    if one["id"] is None:  # a folder
                        folders.append(path)
                        continue
                    written = datetime.fromisoformat(one["updated_at"])
                    found.append(Listed(path, (now - written).total_seconds()))
                offset += len(page)
        return found

    async def _page(self, folder: str, offset: int) -> list[dict[str, Any]]:
        options: ListBucketFilesOptions = {
            "limit": _PAGE,
            "offset": offset,
            "sortBy": {"column": "name", "order": "asc"},
        }
        try:
            return await self._bucket.list(_checked(folder), options)
        except (StorageApiError, httpx.HTTPError) as error:
            raise _unreachable(folder, error) from error

    async def discard(self, paths: Sequence[str]) -> None:
        """See `ServedStorage.discard`."""
        for first in range(0, len(paths), _PAGE):
            some = [_checked(path) for path in paths[first : first + _PAGE]]
            try:
                await self._bucket.remove(some)
            except (StorageApiError, httpx.HTTPError) as error:
                raise _unreachable(some[0], error) from error


def _checked(path: str) -> str:
    # The client's own check raises ValueError, for a name that no object can have.
    if any(part in {"", ".", ".."} for part in path.split("/")) or "%" in path:
        raise _missing(path)
    return path


def _missing(path: str) -> MissingObjectError:
    return MissingObjectError(f"{path} is not in the storage: upload it again")


def _told(path: str, error: StorageApiError) -> MissingObjectError | TransientError:
    # Supabase Storage says 400 over HTTP for a missing object, and 404 within.
    if str(error.status) == str(_NOT_FOUND) or error.code in {"not_found", "NoSuchKey"}:
        return _missing(path)
    return _unreachable(path, error)


def _unreachable(path: str, error: Exception) -> TransientError:
    return TransientError(f"Supabase Storage did not serve {path}: {error}")
