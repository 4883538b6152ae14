"""Sends a video by tus, from disk in chunks, and goes on after a dropped connection.

The protocol: https://tus.io/protocols/resumable-upload (1.0.0, core).
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .client import Gateway
from .errors import GatewayError, UnreachableError, UploadError
from .records import Ticket

BLOCK = 256 * 1024  # bytes held in memory
TRIES = 6  # in a row without a new byte arriving
LONGEST_PAUSE = 15.0  # seconds
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of the `size` bytes of `path`, as its ticket says.

    `pause` is the seconds before the first retry.

    `progressed` is told the bytes sent so far; the count goes back where bytes were lost.
    """

    gateway: Gateway
    path: Path
    size: int
    ticket: Ticket
    progressed: Callable[[int], None]
    pause: float = 1.0

    def run(self) -> None:
        """Send the file.

        Raises UploadError when it changed meanwhile or the gateway was lost for good, and
        GatewayError for a refusal.
        """
        url = self.ticket.upload_url or self.gateway.create_upload(self.ticket, self.size)
        offset, furthest, failures, known = 0, 0, 0, True
        while not known or offset < self.size:
            try:
                arrived = self._send(url, offset) if known else self._arrived(url)
            except (GatewayError, UnreachableError) as error:
                # Whatever went wrong, only the gateway knows what has arrived.
                failures, known = failures + 1, False
                self._wait(error, failures, furthest)
                continue
            if arrived > furthest:
                furthest, failures = arrived, 0
            elif known:
                failures += 1
                self._wait(GatewayError("The gateway took no bytes."), failures, furthest)
            offset, known = arrived, True
            self.progressed(offset)

    def _arrived(self, url: str) -> int:
        return self.gateway.upload_offset(url, self.ticket)

    def _send(self, url: str, offset: int) -> int:
        length = min(self.ticket.chunk, self.size - offset)
        with self.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != self.size:
                message = f"{self.path} changed while it was uploaded: run the command again."
                raise UploadError(message)
            blocks = self._blocks(file, offset, offset + length)
            return self.gateway.upload(url, self.ticket, offset, length, blocks)

    def _blocks(self, file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
        file.seek(start)
        sent = start
        while block := file.read(min(BLOCK, end - sent)):
            yield block
            sent += len(block)
            self.progressed(sent)

    def _wait(self, error: GatewayError | UnreachableError, failures: int, arrived: int) -> None:
        after = 0.0
        if isinstance(error, GatewayError):
            if not error.passing and error.code not in {0, _CONFLICT}:
                raise error
            after = error.retry_after
        if failures >= TRIES:
            message = (
                f"The upload of {self.path.name} stopped at {arrived} of {self.size} bytes "
                f"after {failures} tries. {error}"
            )
            raise UploadError(message) from error
        time.sleep(max(after, min(LONGEST_PAUSE, self.pause * 2 ** (failures - 1))))
