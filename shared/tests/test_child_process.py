"""Functions in child processes: what crosses, and how a child that goes wrong ends."""

import asyncio
import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from shared.child_process import Limits, run_in_child
from shared.errors import ChildDiedError, DocreelError

ROOT = Path(__file__).resolve().parents[2]
_MIB = 1024**2


class OddError(DocreelError):
    """Something odd was asked for."""


@dataclass(frozen=True)
class Parcel:
    """What crosses to the child and back."""

    name: str
    weight: float
    content: bytes
    inner: tuple["Parcel", ...] = ()


# What the children run; each is called by its name.


def double(parcel: Parcel) -> Parcel:
    return Parcel(parcel.name * 2, parcel.weight * 2, parcel.content * 2, (parcel,))


def reverse(content: bytes, names: list[str], size: tuple[int, int] | None) -> list[bytes]:
    return [content[::-1], *(name.encode() for name in names), repr(size).encode()]


def crash() -> None:
    ctypes.string_at(0)


def take_memory(count: int) -> int:
    return len(bytearray(count))


def compute_for_ever() -> None:
    while True:
        pass


def sleep_for_ever(started: Path) -> None:
    started.write_text(str(os.getpid()))
    time.sleep(1000)


def fail_as_ours(message: str) -> None:
    raise OddError(message)


def fail_otherwise() -> None:
    message = "no such thing"
    raise KeyError(message)


def chatter(number: int) -> int:
    print('{"result": 0}', flush=True)  # noqa: T201 - what a library may do
    os.write(1, b'{"error": "x"}\nnoise without an end')
    sys.stderr.write("a complaint\n" * 100_000)
    return number


def leave() -> None:
    os._exit(3)


def go_along(steps: int, report: Callable[[float], None]) -> int:
    for step in range(1, steps + 1):
        report(step / steps)
    return steps


async def test_a_dataclass_with_bytes_crosses_both_ways() -> None:
    parcel = Parcel(
        "Größe \u202f \ud83d".encode("utf-8", "replace").decode(), 1.5, bytes(range(256))
    )
    assert await run_in_child(double, parcel) == double(parcel)


@pytest.mark.parametrize("weight", [math.inf, -math.inf, 1e300, 0.1 + 0.2])
async def test_a_number_of_any_size_crosses(weight: float) -> None:
    assert (await run_in_child(double, Parcel("", weight, b""))).inner[0].weight == weight


async def test_not_a_number_crosses() -> None:
    assert math.isnan((await run_in_child(double, Parcel("", math.nan, b""))).weight)


@pytest.mark.parametrize("size", [(1, 2), None])
async def test_bytes_lists_and_tuples_cross(size: tuple[int, int] | None) -> None:
    content = os.urandom(100_000)
    expected = reverse(content, ["a", "é"], size)
    assert await run_in_child(reverse, content, ["a", "é"], size) == expected


async def test_a_crash_is_named_and_costs_nothing_else() -> None:
    with pytest.raises(ChildDiedError, match="SIGSEGV"):
        await run_in_child(crash)
    assert await run_in_child(take_memory, 10) == 10


async def test_an_end_without_an_answer_is_named() -> None:
    with pytest.raises(ChildDiedError, match=r"without an answer \(status 3\)"):
        await run_in_child(leave)


async def test_no_more_memory_is_taken_than_is_allowed() -> None:
    limits = Limits(memory=600 * _MIB)
    assert await run_in_child(take_memory, 10 * _MIB, limits=limits) == 10 * _MIB
    with pytest.raises(ChildDiedError, match="more memory than is allowed"):
        await run_in_child(take_memory, 1000 * _MIB, limits=limits)


async def test_no_more_processor_time_is_taken_than_is_allowed() -> None:
    with pytest.raises(ChildDiedError, match="too much memory or time"):
        await run_in_child(compute_for_ever, limits=Limits(cpu=2))


async def test_a_child_that_waits_for_ever_is_ended(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with pytest.raises(ChildDiedError, match="took more than 10 s"):
        await run_in_child(sleep_for_ever, started, limits=Limits(wall=10))
    assert not psutil.pid_exists(int(started.read_text()))


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def until_written(path: Path) -> int:
    while not (said := written(path)):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)
    return int(said)


async def test_a_cancel_ends_the_child_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"
    task = asyncio.create_task(run_in_child(sleep_for_ever, started))
    child = await until_written(started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(2):
            await task
    assert not psutil.pid_exists(child)


async def test_an_error_of_ours_comes_back_as_what_it_is() -> None:
    with pytest.raises(OddError, match=r"^twice\nas odd$"):
        await run_in_child(fail_as_ours, "twice\nas odd")


async def test_another_error_is_said_with_its_name() -> None:
    with pytest.raises(RuntimeError, match=r"builtins\.KeyError: 'no such thing'"):
        await run_in_child(fail_otherwise)


async def test_what_a_library_prints_does_no_harm() -> None:
    assert await run_in_child(chatter, 7) == 7


async def test_progress_is_reported_in_order() -> None:
    told: list[float] = []
    assert await run_in_child(go_along, 4, report=told.append) == 4
    assert told == [0.25, 0.5, 0.75, 1.0]


async def test_many_children_run_side_by_side() -> None:
    found = await asyncio.gather(*(run_in_child(take_memory, n) for n in range(4)))
    assert found == [0, 1, 2, 3]


async def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from shared.child_process import run_in_child\n"
        "from shared.tests.test_child_process import sleep_for_ever\n"
        "asyncio.run(run_in_child(sleep_for_ever, Path(sys.argv[1])))\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(started), cwd=ROOT
    )
    child = psutil.Process(await until_written(started))
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(10):
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
