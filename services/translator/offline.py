"""Apertium behind the engine port: rule-based translation from English, kept running.

Starting a pipeline costs 60 to 180 ms, a sentence through a running one a few: each mode's programs
are started once, and flush at a null byte.
"""

import asyncio
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from services.translator.domain.checks import URL, violations
from services.translator.domain.items import TOKEN, Item
from services.translator.domain.style import Into
from shared.errors import TransientError, UnsupportedError
from shared.spending import Spending

_MODES = {"es": "eng-spa", "ca": "eng-cat", "gl": "en-gl"}
_PACKAGES = {tag: f"apertium-{mode}" for tag, mode in _MODES.items()}
_FOLDER = Path("/usr/share/apertium/modes")
_PATIENCE = 60.0  # seconds for one text; a stuck pipeline is started anew
_ESCAPE = r"\\\1"
_BLANK = re.compile(r"([\[\]\\])")
_SPECIAL = re.compile(r"([\[\]{}^$/\\@<>])")
# What is no language passes by: placeholders, web and mail addresses, and the tilde, which the last
# program takes for its own.
_TOKEN = TOKEN.pattern.replace("(", "(?:")
_KEPT = re.compile(rf"({_TOKEN}|{URL.pattern}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|~+)")
_LETTER = re.compile(r"[^\W\d_]")
# One capital, and no more than one: an acronym stays as it is.
_FIRST = re.compile(rf"((?:{_TOKEN}|[^\w⟦])*)([^\W\d_a-z])(?![A-Z])")
_ENOUGH = 1.0  # seconds that a cancelled text gets to leave its pipeline


class Apertium:
    """English to the languages whose modes lie in `folder`."""

    name = "apertium"
    version = 2

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder
        self._pipelines: dict[str, _Pipeline] = {}

    async def languages(self) -> list[str]:
        """Return the languages whose pair is installed."""
        if shutil.which("lt-proc") is None:
            return []
        return [tag for tag, mode in _MODES.items() if (self._folder / f"{mode}.mode").is_file()]

    async def translate(
        self,
        items: Sequence[Item],
        into: Into,
        *,
        spent: Spending,
    ) -> Mapping[str, str]:
        """See `services.translator.ports.Engine.translate`."""
        source, target = into.source, into.target
        supported = await self.languages()
        if source.split("-", maxsplit=1)[0] != "en" or target not in supported:
            known = ", ".join(supported) or "none"
            wanted = [_PACKAGES[target]] if target in _PACKAGES else _PACKAGES.values()
            missing = " or ".join(one for one in wanted if target not in supported)
            install = (
                f"; install Debian's {missing}" if target in _PACKAGES or not supported else ""
            )
            message = (
                f"offline, {source} cannot be translated to {target}; "
                f"from English to: {known}{install}"
            )
            raise UnsupportedError(message)
        if target not in self._pipelines:
            mode = self._folder / f"{_MODES[target]}.mode"
            self._pipelines[target] = _Pipeline(_stages(mode.read_text()))
        pipeline = self._pipelines[target]
        # Equal texts once: headings and buttons recur.
        texts = {item.text: "" for item in items}
        for n, text in enumerate(texts, 1):
            texts[text] = await self._one(pipeline, text)
            spent.reach(n / len(texts))
        return {item.id: texts[item.text] for item in items}

    @staticmethod
    async def _one(pipeline: "_Pipeline", text: str) -> str:
        whole = await pipeline.through(text)
        if not violations(text, whole):
            return whole
        # Words moved over a placeholder: translate what lies between, each for itself.
        pieces = _KEPT.split(text)
        return "".join([p if n % 2 else await pipeline.through(p) for n, p in enumerate(pieces)])

    async def close(self) -> None:
        """End the pipelines."""
        for pipeline in self._pipelines.values():
            await pipeline.end()


def _stages(mode: str) -> list[list[str]]:
    """Return a mode's programs: no marks on unknown words, each flushing at a null byte."""
    line = mode.strip().replace("$1", "-n").replace("$2", "")
    return [[words[0], "-z", *words[1:]] for words in map(shlex.split, line.split("|"))]


class _Pipeline:
    """One mode's programs, started when first needed and again when they die."""

    def __init__(self, stages: Sequence[Sequence[str]]) -> None:
        self._stages = stages
        self._running: list[subprocess.Popen[bytes]] = []
        # One text at a time: the pipeline has one way in and one way out.
        self._lock = asyncio.Lock()

    async def through(self, text: str) -> str:
        """Translate one text; what is no language and unknown words stay. Raises TransientError.

        The white space around the text stays, too.
        """
        if not text.strip():
            return text
        async with self._lock:
            exchange = asyncio.create_task(asyncio.to_thread(self._exchange, text.strip()))
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer = await asyncio.shield(exchange)
            except (OSError, TimeoutError, EOFError) as error:
                await self.end()
                message = f"Apertium's pipeline ended: {error!r}"
                raise TransientError(message) from error
            finally:
                await self._left(exchange)
        return _tidied(text, answer)

    async def _left(self, exchange: asyncio.Task[str]) -> None:
        """Wait until a text that was given up is out: its answer must not become the next one's."""
        if not exchange.done():
            await asyncio.wait({exchange}, timeout=_ENOUGH)
        if not exchange.done():
            await self.end()
            await asyncio.wait({exchange})
        if not exchange.cancelled():
            exchange.exception()  # seen: nobody may still wait to be told

    def _exchange(self, text: str) -> str:
        if not self._running or any(one.poll() is not None for one in self._running):
            self._start()
        entry, way_out = self._running[0].stdin, self._running[-1].stdout
        if entry is None or way_out is None:
            raise EOFError
        # Beside reading: a long text would fill every pipe, and both sides would wait for ever.
        feeder = threading.Thread(target=_feed, args=(entry, _framed(text) + b"\0"))
        feeder.start()
        try:
            return self._answer(way_out)
        finally:
            feeder.join()

    def _answer(self, way_out: IO[bytes]) -> str:
        answer = bytearray()
        while not answer.endswith(b"\0"):
            byte = way_out.read(1)
            if not byte:
                raise EOFError
            answer += byte
        return _unframed(answer[:-1].decode())

    def _start(self) -> None:
        self._kill()
        taken: int | None = subprocess.PIPE
        for stage in self._stages:
            source = self._running[-1].stdout if self._running else taken
            one = subprocess.Popen(  # noqa: S603 - a mode's own programs
                stage, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            if self._running and (previous := self._running[-1].stdout) is not None:
                previous.close()  # the next program has it: its end must reach that one
            self._running.append(one)

    def _kill(self) -> None:
        for one in self._running:
            one.kill()
        for one in self._running:
            one.wait()
            for stream in (one.stdin, one.stdout):
                if stream is not None and not stream.closed:
                    with suppress(OSError):  # what a dead program did not take
                        stream.close()
        self._running = []

    async def end(self) -> None:
        """End the programs."""
        await asyncio.to_thread(self._kill)


def _feed(entry: IO[bytes], framed: bytes) -> None:
    # A pipeline that died is seen by who reads from it.
    with suppress(OSError, ValueError):
        entry.write(framed)
        entry.flush()


def _framed(text: str) -> bytes:
    """Escape what the stream format gives a meaning; what is kept becomes a blank."""
    framed = "".join(
        f"[{_BLANK.sub(_ESCAPE, part)}]" if n % 2 else _SPECIAL.sub(_ESCAPE, part)
        for n, part in enumerate(_KEPT.split(text.replace("\0", "")))
    )
    # An empty blank at the end makes the tagger end its sentence here.
    return f"{framed}[][\n]".encode()


def _unframed(answer: str) -> str:
    text = answer.removesuffix("[][\n]")
    return re.sub(r"\\(.)|[\[\]]", lambda found: found[1] or "", text, flags=re.DOTALL)


def _tidied(source: str, text: str) -> str:
    """Give a translation its source's outer white space, single spaces and small first letter."""
    start = source[: len(source) - len(source.lstrip())]
    end = source[len(source.rstrip()) :]
    made = text.strip()
    if "  " not in source.strip():
        # Where a word is dropped, Apertium leaves the spaces on both its sides.
        made = re.sub(" {2,}", " ", made)
    first, begun = _LETTER.search(_KEPT.sub("", source)), _FIRST.match(made)
    if first is not None and first[0].islower() and begun is not None:
        made = begun[1] + begun[2].lower() + made[begun.end() :]
    return start + made + end
