"""Files of a folder: written whole or not at all, listed, told apart by digest."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from itertools import count
from pathlib import Path

PART = ".docreel-"  # begins the name of what is still being written


def write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, since a rename is atomic only within a file system.
    part = path.with_name(f"{PART}{secrets.token_hex(8)}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def free(path: Path) -> Path:
    """Return a file's path, with a number where another file has it."""
    if not os.path.lexists(path):
        return path
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(one for one in numbered if not os.path.lexists(one))


def walk(folder: Path) -> Iterator[str]:
    """Yield what is below a folder but folders themselves, as paths from it with slashes."""
    for at, folders, files in os.walk(folder):
        here = Path(at)
        if here == folder:
            folders[:] = [one for one in folders if not one.startswith(PART)]
        links = [one for one in folders if (here / one).is_symlink()]
        for name in (*files, *links):
            yield (here / name).relative_to(folder).as_posix()


def digest(file: Path) -> str:
    """Return a file's SHA-256, "" for what is no file of its own."""
    if file.is_symlink() or not file.is_file():
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest()
