"""Whether a file is a video that can be decoded: `python -m services.gateway.probe SOURCE`.

It runs in a process of its own, since what a stranger uploaded is read by a library in C: a crash
or a hang of it must not be the gateway's. It prints the duration in seconds as a line, then the
bytes of a poster, if the film has a picture; on failure, with status 1, what is wrong.
"""

import asyncio
import math
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID
from weakref import WeakValueDictionary

import av
from av.error import FFmpegError

from services.gateway.poster import OPTIONS, poster
from shared.errors import DocreelError

_PATIENCE = 60.0  # seconds
_POSTER_PATIENCE = 15.0  # seconds; a film is as good without one
_AT_ONCE = 2  # files looked at side by side
_PACKETS = 2000  # after which a file without one whole frame is no video
_STILL = ("tty", "bin", "image2")  # FFmpeg's readers of text as pictures, and of still pictures
_PLAYLISTS = frozenset({"hls", "dash", "concat", "sdp", "rtsp"})


class NotAVideoError(DocreelError):
    """The file is empty, damaged, or no audio or video at all."""


def duration(source: str) -> float:
    """Return the seconds of a file or URL that decodes. Raises NotAVideoError."""
    try:
        with av.open(source, "r", options=OPTIONS, timeout=_PATIENCE / 3) as container:
            name = container.format.name
            if name in _STILL or name.endswith("_pipe") or _PLAYLISTS & set(name.split(",")):
                message = f"it is {container.format.long_name}, and no video"
                raise NotAVideoError(message)
            streams = [*container.streams.video, *container.streams.audio]
            if not streams:
                message = "it holds neither picture nor sound"
                raise NotAVideoError(message)
            if not _decodes(container, streams):
                message = "nothing in it can be decoded: it is damaged, or cut off"
                raise NotAVideoError(message)
            seconds = (container.duration or 0) / av.time_base
            return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
    except (FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"it cannot be read as a video ({reason})"
        raise NotAVideoError(message) from error


def _decodes(container: av.container.InputContainer, streams: list[av.stream.Stream]) -> bool:
    for packet in islice(container.demux(streams), _PACKETS):
        with suppress(FFmpegError):  # one damaged packet is no damaged film
            if packet.decode():
                return True
    return False


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a film: its seconds, and a JPEG of it, empty where it has no picture."""

    seconds: float
    poster: bytes


@dataclass(frozen=True, slots=True)
class Prober:
    """Looks at files, two side by side, each in a process of its own."""

    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _locks: WeakValueDictionary[UUID, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def alone(self, video_id: UUID) -> asyncio.Lock:
        """Return the lock under which a video is looked at: once, however many ask for it."""
        return self._locks.setdefault(video_id, asyncio.Lock())

    async def look(self, source: str) -> Look:
        """Look at a file or URL. Raises NotAVideoError."""
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.gateway.probe",
                source,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                return await _told(process.stdout)
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):  # it has just ended
                        process.kill()
                    await process.wait()


async def _told(said: asyncio.StreamReader | None) -> Look:
    """Return what the process says. Raises NotAVideoError."""
    if said is None:  # a process with a pipe has one
        raise AssertionError
    try:
        async with asyncio.timeout(_PATIENCE):
            line = (await said.readline()).decode(errors="replace").strip()
    except TimeoutError as error:
        message = f"it could not be read within {_PATIENCE:g} seconds"
        raise NotAVideoError(message) from error
    try:
        seconds = float(line)
    except ValueError as error:
        message = line or "reading it ended in a crash: it is damaged"
        raise NotAVideoError(message) from error
    try:
        async with asyncio.timeout(_POSTER_PATIENCE):
            return Look(seconds, await said.read())
    except TimeoutError:
        return Look(seconds, b"")


def main(source: str) -> int:
    """Print what was found; return the exit status."""
    av.logging.set_level(None)
    try:
        seconds = duration(source)
        sys.stdout.write(f"{seconds}\n")
        sys.stdout.flush()
        sys.stdout.buffer.write(poster(source, seconds))
    except NotAVideoError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
