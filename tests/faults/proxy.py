"""A TCP proxy on the loopback interface that can misbehave as networks do."""

import asyncio
import socket
from contextlib import suppress

_CHUNK = 65536


class Proxy:
    """Stands before one server.

    `delay` is the seconds by which each direction is late, and `fragment` the most bytes that
    arrive at once; both may change at any time.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._pairs: dict[_Pair, None] = {}  # in the order in which they came
        self._swallowing = False
        self.delay = 0.0
        self.fragment = _CHUNK
        self.port = 0

    async def start(self) -> None:
        """Begin to take connections, on a free port."""
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for pair in list(self._pairs):
            await pair.ended.wait()

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._pairs)

    def cut(self, oldest: int | None = None) -> None:
        """Close so many of the oldest connections, by default all."""
        for pair in list(self._pairs)[:oldest]:
            pair.close()

    def swallow(self) -> None:
        """Let nothing through any more, and tell nobody; new connections are taken all the same."""
        self._swallowing = True
        for pair in self._pairs:
            pair.swallows = True

    def heal(self) -> None:
        """Let new connections through; those that swallow go on to."""
        self._swallowing = False

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = _Pair(self, writer)
        pair.swallows = self._swallowing
        self._pairs[pair] = None
        try:
            await pair.run(reader, self._target)
        finally:
            del self._pairs[pair]
            pair.ended.set()


class _Pair:
    """A client's connection and the one that it stands for."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._writers = [client]
        self.swallows = False
        self.ended = asyncio.Event()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def run(self, reader: asyncio.StreamReader, target: tuple[str, int]) -> None:
        client = self._writers[0]
        try:
            upstream_reader, upstream = await asyncio.open_connection(*target)
        except OSError:
            client.transport.abort()
            return
        self._writers.append(upstream)
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pumps = [
            asyncio.create_task(self._pump(reader, upstream)),
            asyncio.create_task(self._pump(upstream_reader, client)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.close()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        writing = asyncio.create_task(self._write(late, writer))
        clock = asyncio.get_running_loop().time
        try:
            with suppress(OSError):
                while data := await reader.read(_CHUNK):
                    if not self.swallows:
                        late.put_nowait((clock() + self._proxy.delay, data))
            await late.join()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(
        self, late: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due, data = await late.get()
            with suppress(OSError):
                await asyncio.sleep(max(0.0, due - clock()))
                size = self._proxy.fragment
                for start in range(0, len(data), size):
                    writer.write(data[start : start + size])
                    await writer.drain()
                    if size < len(data):
                        await asyncio.sleep(0)  # the piece leaves before the next one comes
            late.task_done()
