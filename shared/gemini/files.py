"""A video on loan to the service: uploaded, waited for, uploaded again, and taken back."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx2
import structlog
from google.genai import errors, types
from google.genai.files import AsyncFiles

from shared.errors import TransientError, UnsupportedError
from shared.gemini.refusals import translated

_FIRST_LOOK = 0.2  # seconds until the first look at a file that is being processed
_SLOWEST_LOOK = 5.0
_TO_DELETE = 15.0  # seconds that taking a file back may take

log = structlog.get_logger()


@dataclass(slots=True)
class RemoteFile:
    """A local file's copy at the service; `limit` is the longest upload or processing, seconds."""

    files: AsyncFiles
    path: Path
    mime_type: str
    limit: float
    _names: list[str] = field(default_factory=list)
    _uri: str = ""

    @property
    def part(self) -> types.Part:
        """The file as a part of a prompt."""
        return types.Part.from_uri(file_uri=self._uri, mime_type=self.mime_type)

    @property
    def uploads(self) -> int:
        """How often it was uploaded."""
        return len(self._names)

    async def upload(self) -> None:
        """Upload the file, and wait until it can be used.

        Raises EngineError: UnsupportedError where the service cannot process it.
        """
        # A name of our own, and a new one each time: what a broken upload left can be taken back,
        # and a name that is taken would be refused.
        name = f"files/dr-{uuid4().hex}"
        self._names.append(name)
        with translated():
            async with asyncio.timeout(self.limit):
                stored = await self.files.upload(
                    file=self.path,
                    config=types.UploadFileConfig(
                        name=name, display_name="docreel", mime_type=self.mime_type
                    ),
                )
                ready = await self._active(stored)
        if ready.uri is None:
            message = f"the service gave {self.path.name} no address"
            raise TransientError(message)
        self._uri = ready.uri

    async def _active(self, file: types.File) -> types.File:
        pause = _FIRST_LOOK
        while file.state is types.FileState.PROCESSING and file.name is not None:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_LOOK)
            file = await self.files.get(name=file.name)
        if file.state is types.FileState.FAILED:
            reason = file.error.message if file.error else "no reason given"
            message = f"the engine could not process this part of the video: {reason}"
            raise UnsupportedError(message)
        return file

    async def delete(self) -> None:
        """Take back every copy. One that is left expires by itself after two days."""
        for name in self._names:
            try:
                async with asyncio.timeout(_TO_DELETE):
                    await self.files.delete(name=name)
            except errors.ClientError as error:
                # Not there: expired, or its upload never ended.
                log.info("remote_file_not_there", name=name, reason=str(error))
            except (errors.APIError, httpx2.HTTPError, TimeoutError) as error:
                log.warning("remote_file_left", name=name, reason=str(error))
