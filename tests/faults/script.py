"""What a service under test is told to suffer, handed over in one environment variable."""

import json
import os
import signal
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

VARIABLE = "DOCREEL_TEST_SCRIPT"


class Point(StrEnum):
    """Where a process can meet its fate."""

    NOWHERE = "nowhere"
    PREPARED = "between the claim and the call"
    BEFORE_CALL = "before its engine call"
    DURING_CALL = "during its engine call"
    AFTER_CALL = "after its engine call"
    BEFORE_PUBLISH = "after the commit, before the publish"
    BEFORE_ACK = "after the publish, before the ack"


class Trouble(StrEnum):
    """What is wrong with a unit, each time that somebody works on it."""

    NONE = "none"
    STORE = "its rows break a constraint of the database"
    STORE_ONCE = "its rows break a constraint of the database, the first time"
    HANDLER = "its handler raises ValueError once the engine was paid"
    FAIL = "its handler raises ValueError, and so does what is to be done about that"
    DEADLY = "it kills its worker with SIGKILL"
    CHILD = "a child process dies of it"


@dataclass(frozen=True, slots=True)
class Script:
    """How engines behave, and what happens to the process.

    `seconds` is how long a call takes. At the `nth` time at `point` the process sends itself
    `sign`. The `hang`th call never ends; where `fails`, each unit's first call fails in passing.
    `copies` is how often each event is published, and `shuffle` the seconds by which deliveries
    are held back at random. `relays` adds a relay that never rests; a number in `still` a reaper
    that looks each second for jobs that stand still so many seconds, in place of the usual one.
    `trouble` is of the units of the job `victim`, or of all, whose names begin with `unit`.
    """

    book: str
    seconds: float = 0.02
    windows: int = 2
    chapters: int = 2
    point: Point = Point.NOWHERE
    nth: int = 1
    sign: int = signal.SIGKILL
    hang: int = 0
    fails: bool = False
    copies: int = 1
    shuffle: float = 0.0
    relays: bool = False
    still: float | None = None
    trouble: Trouble = Trouble.NONE
    victim: str = ""
    unit: str = ""

    @classmethod
    def given(cls) -> Self:
        """Return the script that this process was started with."""
        fields = json.loads(os.environ[VARIABLE])
        kinds = {"point": Point(fields["point"]), "trouble": Trouble(fields["trouble"])}
        return cls(**{**fields, **kinds})

    @property
    def fatal(self) -> bool:
        """Say whether something happens to the process, and not only to its messages."""
        return self.point is not Point.NOWHERE or self.hang > 0

    def environment(self) -> dict[str, str]:
        """Return the variable that hands it over."""
        return {VARIABLE: json.dumps(asdict(self))}


class Fate:
    """Counts how often the process came by its script's point."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._times = 0

    def meet(self, point: Point) -> None:
        """Come by `point`: the process may not come back from here."""
        if point is self._script.point:
            self._times += 1
            if self._times == self._script.nth:
                os.kill(os.getpid(), self._script.sign)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one call: `begun`, then `answered`, `failed` or nothing.

    One that failed may have been paid for: then its answer was `lost`.
    """

    what: str
    job: str
    epoch: int
    unit: str
    service: str
    pid: int
    lost: bool = False


class Book:
    """The record of all calls, which outlives the processes that write it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: Line) -> None:
        """Add a line; a single write at the file's end, so that processes can share it."""
        text = json.dumps(asdict(line)) + "\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)

    def lines(self) -> list[Line]:
        """Return all that was written, in its order."""
        if not self._path.exists():
            return []
        return [Line(**json.loads(text)) for text in self._path.read_text().splitlines()]
