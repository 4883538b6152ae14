"""A keep-alive HTTP/1.1 client of a few lines: who measures must not eat the time measured."""

import asyncio
import json
from typing import Any


class Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a port of the loopback interface."""
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(cls, "127.0.0.1", port)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; its length has to be told."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answer is None:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at:].split(b"\r\n", 1)[0].split(b":")[1]) if at >= 0 else 0
        if len(body) >= length:
            self._received = b""
            self._answer.set_result((int(head[9:12]), body[:length]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send a request; return the status and the answer's body."""
        data = b"" if body is None else json.dumps(body).encode()
        self._answer = asyncio.get_running_loop().create_future()
        head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(data)}\r\n"
        kind = "content-type: application/json\r\n" if data else ""
        self._out.write(f"{head}{kind}\r\n".encode() + data)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        self._out.close()
