"""Runs a function in a child process with limits of memory and time: `run_in_child`.

What strangers upload is read by libraries in C, where a crafted file may crash, hang or use up
memory. Each call has a process of its own, so that one that dies takes nothing else with it, and a
cancelled call ends at once. Arguments and result cross as JSON by the function's annotations:
nothing that the child says is executed.

The child is this module: `python -m shared.child_process module:function`, the arguments on its
standard input. It answers in lines of JSON: {"progress": 0.5}, and at last {"result": …} or
{"error": …}.
"""

import asyncio
import base64
import ctypes
import importlib
import inspect
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast, get_type_hints

import pydantic

from shared.errors import ChildDiedError, DocreelError

_GIB = 1024**3
_LINE = 512 * 1024 * 1024  # bytes of a result at most
_STDERR = 4000  # characters of it that are kept
_KILLED_FOR_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
_PR_SET_PDEATHSIG = 1

T = TypeVar("T")
Report = Callable[[float], None]  # told the share that is done, 0 to 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: bytes of address space, seconds of processor and of wall time."""

    memory: int = 4 * _GIB
    cpu: float = 3600.0
    wall: float = 3600.0


async def run_in_child(
    function: Callable[..., T],
    *arguments: Any,
    limits: Limits | None = None,
    report: Report | None = None,
) -> T:
    """Call a module's function with `arguments` in a child process; return what it returns.

    Its parameters and its result have annotations that pydantic knows. `report` is told of progress
    by a function that takes a `report` parameter, as its last one.

    Raises:
        ChildDiedError: the child crashed, or went beyond its limits.
        DocreelError: what the function raised, if it is one; of the same class.
        RuntimeError: the function raised something else.
    """
    allowed = limits or Limits()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "shared.child_process",
        f"{function.__module__}:{function.__qualname__}",
        str(allowed.memory),
        str(round(allowed.cpu)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LINE,
        # One thread of linear algebra or OCR a child: there are as many children as cores.
        env={**os.environ, "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(allowed.wall):
            answer, said = await asyncio.gather(
                _talk(process, _encode_arguments(function, arguments), report),
                _read_end(process.stderr),
            )
            status = await process.wait()
    except TimeoutError as error:
        message = f"reading it took more than {allowed.wall:g} s"
        raise ChildDiedError(message) from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):  # it has just ended
                process.kill()
            await process.wait()
    if answer is None:
        raise ChildDiedError(_why(status, said))
    return cast("T", _decode_answer(function, answer))


async def _talk(
    process: asyncio.subprocess.Process, arguments: bytes, report: Report | None
) -> dict[str, Any] | None:
    """Send the arguments; return the answer, or none where the child ended without one."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    with suppress(BrokenPipeError, ConnectionResetError):  # it died before it had read them
        process.stdin.write(arguments)
        await process.stdin.drain()
        process.stdin.close()
    answer = None
    while line := await process.stdout.readline():
        try:
            said = json.loads(line)
        except ValueError:
            return None
        if "progress" in said:
            if report is not None:
                report(float(said["progress"]))
        else:
            answer = said
    return answer


async def _read_end(stream: asyncio.StreamReader | None) -> str:
    kept = b""
    while stream is not None and (more := await stream.read(65_536)):
        kept = (kept + more)[-_STDERR:]
    return kept.decode(errors="replace")


def _why(status: int, said: str) -> str:
    if "MemoryError" in said or "bad_alloc" in said:
        return "reading it needs more memory than is allowed"
    if status in _KILLED_FOR_TIME:
        return "reading it was stopped: it took too much memory or time"
    if status < 0:
        return f"reading it crashed ({signal.Signals(-status).name})"
    return f"reading it ended without an answer (status {status})"


@lru_cache(maxsize=64)
def _adapters(function: Callable[..., Any]) -> tuple[dict[str, Any], Any]:
    """Return the adapters of a function's parameters and of its result."""
    hints = get_type_hints(function)
    parameters = [name for name in inspect.signature(function).parameters if name != "report"]
    adapters = {name: pydantic.TypeAdapter(hints[name]) for name in parameters}
    return adapters, pydantic.TypeAdapter(hints["return"])


def _to_json(value: Any) -> bytes:
    # Not orjson, which makes null of infinity.
    return json.dumps(value, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return JSON's kind of a value that is none."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


def _encode_arguments(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    adapters, _ = _adapters(function)
    return _to_json(
        [
            adapter.dump_python(value, mode="python")
            for adapter, value in zip(adapters.values(), arguments, strict=True)
        ]
    )


def _decode_answer(function: Callable[..., Any], answer: dict[str, Any]) -> Any:
    if "error" not in answer:
        return _adapters(function)[1].validate_python(_bytes_back(answer["result"]))
    module, _, name = answer["error"].rpartition(".")
    kind = getattr(sys.modules.get(module), name, None)
    if isinstance(kind, type) and issubclass(kind, DocreelError):
        error = DocreelError.__new__(kind)
        DocreelError.__init__(error, answer["message"])
        raise error
    message = f"{answer['error']}: {answer['message']}"
    raise RuntimeError(message)


def _bytes_back(value: Any) -> Any:
    if isinstance(value, list):
        return [_bytes_back(one) for one in value]
    if isinstance(value, dict):
        if value.keys() == {"base64"}:
            return base64.b64decode(value["base64"])
        return {key: _bytes_back(one) for key, one in value.items()}
    return value


def main(place: str, memory: int, cpu: int) -> int:
    """Call the function that `place` names; return the exit status."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit(memory, cpu)
    arguments = json.loads(sys.stdin.buffer.read())
    module, _, name = place.partition(":")
    function = getattr(importlib.import_module(module), name)

    def say(line: dict[str, Any]) -> None:
        answers.write(_to_json(line) + b"\n")
        answers.flush()

    adapters, returned = _adapters(function)
    values = [
        adapter.validate_python(_bytes_back(one))
        for adapter, one in zip(adapters.values(), arguments, strict=True)
    ]
    if "report" in inspect.signature(function).parameters:
        values.append(lambda share: say({"progress": share}))
    try:
        result = function(*values)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the parent raises it
        kind = type(error)
        say({"error": f"{kind.__module__}.{kind.__qualname__}", "message": str(error)})
        return 0
    say({"result": returned.dump_python(result, mode="python")})
    return 0


def _limit(memory: int, cpu: int) -> None:
    """Set this process's limits, and let it end with its parent."""
    parent = os.getppid()
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # what the system does not know, or is lower already
            resource.setrlimit(kind, (value, value))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended while this was asked for
            os._exit(1)


if __name__ == "__main__":
    # By its name, so that the classes here are those that others import.
    sys.exit(
        importlib.import_module("shared.child_process").main(sys.argv[1], *map(int, sys.argv[2:]))
    )
