"""What a person sees: live bars on a terminal, plain lines anywhere else."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from .lines import Line, lines
from .names import shown, valid
from .records import Job

_TENTH = 10  # percent: how often a plain line tells of progress


def clean(text: str) -> str:
    """Return `text` on one line, without characters that could steer a terminal."""
    return shown(valid(text))


class View(Protocol):
    """Shows a job while it is followed."""

    def show(self, job: Job) -> None:
        """Show the job as it is now."""

    def say(self, text: str) -> None:
        """Tell something besides the job's lines."""


class Screen:
    """The command's standard output, and its standard error for what went wrong."""

    def __init__(self) -> None:
        self._out = Console(highlight=False, soft_wrap=True)
        # Colours can be forced onto a file, but only a terminal can redraw its lines.
        self.live = sys.stdout.isatty() and self._out.is_terminal and not self._out.is_dumb_terminal

    def say(self, text: str) -> None:
        """Print one line."""
        self._out.print(clean(text), markup=False)

    def warn(self, text: str) -> None:
        """Print one line to standard error."""
        print(clean(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the command's voice

    def rows(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table: aligned on a terminal, else tab-separated without its heads."""
        if not self.live:
            for row in rows:
                self.say_plain("\t".join(clean(cell) for cell in row))
            return
        table = Table(box=None, pad_edge=False)
        for number, head in enumerate(heads):
            # The first column is the id, which must stay whole to be copied.
            table.add_column(head, no_wrap=number == 0, overflow="fold")
        for row in rows:
            table.add_row(*(escape(clean(cell)) for cell in row))
        self._out.print(table, soft_wrap=False)

    def say_plain(self, text: str) -> None:
        """Print `text` exactly, for another program to read."""
        print(text, flush=True)  # noqa: T201 - the same

    @contextmanager
    def uploading(self, name: str, size: int) -> Iterator["UploadView"]:
        """Show an upload of `size` bytes within the block."""
        if not self.live:
            yield UploadView(self, name, size)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, TransferSpeedColumn(), console=self._out) as bar:
            task = bar.add_task(escape(f"Uploading {clean(name)}"), total=size)
            yield UploadView(self, name, size, bar, task)

    @contextmanager
    def following(self) -> Iterator[View]:
        """Show a job within the block."""
        if not self.live:
            yield PlainView(self)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
        )
        with Progress(*columns, console=self._out) as bars:
            yield LiveView(self, bars)


class UploadView:
    """How far an upload is: a bar, or a plain line each tenth."""

    def __init__(
        self,
        screen: Screen,
        name: str,
        size: int,
        bar: Progress | None = None,
        task: TaskID | None = None,
    ) -> None:
        self._screen, self._name, self._size = screen, name, size
        self._bar, self._task = bar, task
        self._told = -1

    def progressed(self, sent: int) -> None:
        """Show that `sent` bytes were sent."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=sent)
            return
        percent = 100 * sent // self._size // _TENTH * _TENTH
        if percent > self._told:
            self._told = percent
            self._screen.say(f"Uploading {self._name}: {percent} %")


class PlainView:
    """A line of text whenever one of the job's lines says something new."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._told: dict[str, str] = {}

    def show(self, job: Job) -> None:
        """Print what is new, and nothing of what only waits for its turn."""
        for line in lines(job):
            told = _told(line)
            if line.state != "waiting" and self._told.get(line.name) != told:
                self._told[line.name] = told
                self._screen.say(f"{line.name}: {told}")

    def say(self, text: str) -> None:
        """Print `text`."""
        self._screen.say(text)


class LiveView:
    """A bar for each of the job's lines, redrawn in place."""

    def __init__(self, screen: Screen, bars: Progress) -> None:
        self._screen, self._bars = screen, bars
        self._tasks: dict[str, TaskID] = {}

    def show(self, job: Job) -> None:
        """Redraw the bars."""
        for line in lines(job):
            if line.name not in self._tasks:
                named = escape(clean(line.name))
                self._tasks[line.name] = self._bars.add_task(named, total=1.0, words="")
            words = escape(clean(line.words))
            self._bars.update(self._tasks[line.name], completed=line.share, words=words)

    def say(self, text: str) -> None:
        """Print `text` above the bars."""
        self._screen.say(text)


def _told(line: Line) -> str:
    percent = int(100 * line.share) // _TENTH * _TENTH
    return f"{line.words} ({percent} %)" if line.state == "running" and percent else line.words
