"""Chooses the folder of a video's results: never one that holds anything else."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from .errors import CommandError, UsageError
from .files import PART
from .marker import Marker, Origin
from .names import component, stem
from .replacing import install

_SYSTEMS_OWN = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results go: `out`, else a folder below `out/` that is free or the video's own.

    With `force` another video's results are replaced, and anybody's files stay among the new ones.
    """

    out: Path | None
    force: bool = False

    def folder(self, origin: Origin) -> Path:
        """Return the folder, made where it was missing. Raises UsageError where it is not free."""
        if self.out is not None:
            self._check(self.out, origin)
            return _made(self.out)
        for candidate in _candidates(origin.filename):
            if self.force or not _objection(candidate, origin):
                return _made(candidate)
        raise AssertionError  # there are names without end

    def _check(self, folder: Path, origin: Origin) -> None:
        objection = "" if self.force and folder.is_dir() else _objection(folder, origin)
        if objection:
            message = f"{folder} {objection}: name another folder with --out{_hint(folder)}."
            raise UsageError(message)

    @contextmanager
    def staged(self, origin: Origin) -> Iterator["Staged"]:
        """Lend a new folder; what was written to it takes the place of the old results at once.

        Nothing changes where the block fails. Raises CommandError where nothing can be written.
        """
        folder = self.folder(origin)
        root = folder.resolve()
        part = _beside(root)
        stage = Staged(folder, part)
        try:
            part.mkdir()
            yield stage
            if self.out is not None:
                self._check(folder, origin)
            elif not self.force and _objection(folder, origin):  # taken since
                stage.folder = self.folder(origin)
                root = stage.folder.resolve()
            stage.kept = [stage.folder / path for path in install(part, root, origin, stage.folder)]
        except OSError as error:
            message = f"The results cannot be written to {folder}: {error.strerror or error}."
            raise CommandError(message) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


@dataclass(slots=True)
class Staged:
    """A folder that is being written, as `part`; `kept` are others' files that made room in it."""

    folder: Path
    part: Path
    kept: list[Path] | tuple[()] = ()


def _candidates(filename: str) -> Iterator[Path]:
    name = component(stem(filename), "video")
    whole = component(filename, "video")
    names = dict.fromkeys([name, whole])
    return (Path("out") / one for one in chain(names, (f"{name}-{n}" for n in count(2))))


def _objection(folder: Path, origin: Origin) -> str:
    """Say why a folder cannot become that of a video's results, "" where it can."""
    if not os.path.lexists(folder):
        return ""
    if not folder.is_dir():
        return "is no folder"
    marker = Marker.read(folder)
    if marker is None:
        others = [
            one
            for one in folder.iterdir()
            if one.name not in _SYSTEMS_OWN and not one.name.startswith(PART)
        ]
        return "is not empty, and holds no results of Docreel's" if others else ""
    same_file = marker.filename == origin.filename and marker.source == origin.address(folder) != ""
    if same_file or marker.video_id == origin.video_id != "":
        return ""
    return f"holds the results of another video ({marker.filename})"


def _hint(folder: Path) -> str:
    """Tell what `--force` would do."""
    if not folder.is_dir():
        return ""
    if Marker.read(folder) is None:
        return ", or use --force: its files stay, and the results are written among them"
    return ", or use --force, which replaces them"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made for the results: {error.strerror}."
        raise UsageError(message) from error
    return folder


def _beside(folder: Path) -> Path:
    """Return a new name beside a folder, or within it where it alone can be written to."""
    beside = folder.parent
    alone = os.path.ismount(folder) or not os.access(beside, os.W_OK)
    return (folder if alone else beside) / f"{PART}{secrets.token_hex(8)}.part"
