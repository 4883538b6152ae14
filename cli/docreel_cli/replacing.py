"""Puts new results in place of old ones, and loses nothing that somebody else wrote.

A folder that holds nothing else is renamed as a whole. In any other, file by file: what somebody
added stays, and what somebody changed gets another name.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from . import files
from .files import digest, walk
from .marker import MARKER, Marker, Origin


def install(part: Path, folder: Path, origin: Origin, named: Path) -> list[str]:
    """Put what was written in place of the old results; return others' files that made room."""
    new = {path: frozenset({digest(part / path)}) for path in walk(part)}
    old = Marker.read(folder)
    source = origin.address(named)
    if not source and old and old.video_id == origin.video_id:
        source = old.source
    marker = Marker(origin.video_id, origin.filename, source, new)
    marker.write(part)
    if _is_pure(folder, old) and _swapped(part, folder, old):
        return []
    known = old.files if old else {}
    both = {
        path: known.get(path, frozenset()) | new.get(path, frozenset()) for path in {*known, *new}
    }
    # First of all: a run that ends in the middle leaves nothing that the next takes for another's.
    between = Marker(marker.video_id, marker.filename, marker.source, both)
    kept = []
    if old is None and os.path.lexists(folder / MARKER):
        kept.append(_kept_aside(folder, MARKER))
    between.write(folder)
    for path in new:
        kept += _room(folder, path, between)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        _move(part / path, folder / path)
    _clear(folder, [path for path in known if path not in new], between)
    marker.write(folder)
    return kept


def _is_pure(folder: Path, marker: Marker | None) -> bool:
    """Tell whether a folder holds nothing but what was written to it."""
    paths = list(walk(folder))
    ours = {folder / parent for path in paths for parent in PurePosixPath(path).parents}
    if any(Path(at) not in ours for at, _, _ in os.walk(folder) if Path(at) != folder):
        return False  # somebody's empty folder
    if marker is None:
        return not paths
    return all(path == MARKER or marker.knows(folder, path) for path in paths)


def _swapped(part: Path, folder: Path, old: Marker | None) -> bool:
    """Rename a whole folder into another's place; return False where that cannot be done."""
    # A shell that stands in the folder would stand in none.
    if part.parent != folder.parent or Path.cwd().is_relative_to(folder):
        return False
    aside = part.with_suffix(".old")
    try:
        mode = folder.stat().st_mode
        folder.rename(aside)
    except OSError:  # a mount point, or open on Windows
        return False
    try:
        part.rename(folder)
    except OSError:
        aside.rename(folder)
        return False
    with suppress(OSError):
        folder.chmod(mode)
    # Not as a tree: whatever has come there meanwhile stays.
    if old is not None:
        _clear(aside, old.files, old)
        (aside / MARKER).unlink(missing_ok=True)
    with suppress(OSError):
        aside.rmdir()
    return True


def _clear(folder: Path, paths: Iterable[str], marker: Marker) -> None:
    """Remove those files that the marker knows, and the folders that they leave empty."""
    for path in paths:
        if _has_link(folder, path) or not marker.knows(folder, path):
            continue
        with suppress(OSError):
            (folder / path).unlink()
        for parent in PurePosixPath(path).parents[:-1]:
            with suppress(OSError):  # others' files are in it
                (folder / parent).rmdir()


def _room(folder: Path, path: str, marker: Marker) -> list[str]:
    """Make room for a file: what is another's there gets another name, which is returned."""
    for parent in reversed(PurePosixPath(path).parents[:-1]):
        found = folder / parent
        if found.is_symlink() or (found.exists() and not found.is_dir()):
            return [_kept_aside(folder, str(parent))]
    found = folder / path
    if os.path.lexists(found) and (found.is_symlink() or not marker.knows(folder, path)):
        return [_kept_aside(folder, path)]
    return []


def _kept_aside(folder: Path, path: str) -> str:
    found = folder / path
    aside = files.free(found.with_name(f"{found.stem}.kept{found.suffix}"))
    found.rename(aside)
    return aside.relative_to(folder).as_posix()


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        files.write(target, source.read_bytes())


def _has_link(folder: Path, path: str) -> bool:
    parents = PurePosixPath(path).parents[:-1]
    return any((folder / parent).is_symlink() for parent in parents)
