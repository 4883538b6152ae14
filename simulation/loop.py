"""An event loop on virtual time: waiting costs nothing, and the same program runs the same way."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any


class StandstillError(RuntimeError):
    """Every task waits for another one, and no time will change that."""


class _NoFiles(selectors.BaseSelector):
    """Selects nothing, but lets the time pass that it was to wait for."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        self._advance = advance

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError
        self._advance(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock starts at 0 and moves only while every task waits; it opens no socket."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_NoFiles(self._pass))

    def time(self) -> float:
        """Return the virtual seconds since the start."""
        return self._now

    def _pass(self, seconds: float) -> None:
        self._now += max(0.0, seconds)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Run a blocking function at once: a thread would end at another moment each time."""
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed on, as a thread's would be
            done.set_exception(error)
        return done
