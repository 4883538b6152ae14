"""What a row of the table of recordings says, and where its file is kept."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
from filelock import FileLock

from tests.media.drawing import SIZE, UPRIGHT
from tests.media.making import FIRST, LAST, SECONDS

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]


@dataclass(frozen=True)
class Row:
    """A file, and what is expected of it. `make` writes it.

    `refused` is a piece of the sentence that refuses it; the rest is said of one that is taken.
    Seconds are within half a second. `picture` is the size shown, from second `pictured` on; at
    `at` it counts `counts`, and its quarters have the colours `quarters`, `near` of 255. `sound` is
    the stream index of what is heard, of `sounds` tracks; its voice is heard from `first` to
    `last`, or never. `subtitles` are the stream indices of those that fit `language`, best first,
    and `cues` begin those of the first: when each begins, and its text. A `hostile` file is read
    by itself.
    """

    name: str
    make: Callable[[Path], object]
    refused: str = ""
    duration: float = SECONDS
    missing: float = 0.0
    picture: tuple[int, int] | None = SIZE
    pictured: float = 0.0
    at: float = 2.5
    counts: int | None = 2
    quarters: str = UPRIGHT
    near: int = 60
    sound: int | None = 1
    sounds: int = 1
    first: float | None = FIRST
    last: float | None = LAST
    subtitles: tuple[int, ...] = ()
    cues: tuple[tuple[float, str], ...] = ()
    unreadable: str = ""
    hostile: bool = False
    language: str = "en"


def heard(name: str, make: Callable[[Path], object], **more: object) -> Row:
    """Return a row of a file that has sound and no picture."""
    return Row(name, make, **{"picture": None, "counts": None, "sound": 0, **more})  # type: ignore[arg-type]


def seen(name: str, make: Callable[[Path], object], **more: object) -> Row:
    """Return a row of a file that has a picture and no sound."""
    silent = {"sound": None, "sounds": 0, "first": None, "last": None}
    return Row(name, make, **{**silent, **more})  # type: ignore[arg-type]


def refused(
    name: str, make: Callable[[Path], object], saying: str, *, hostile: bool = False
) -> Row:
    """Return a row of a file that is refused, with a piece of the sentence that says why."""
    return Row(name, make, refused=saying, hostile=hostile)


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Return where files are kept that this very code has made."""
    made_by = hashlib.sha256(av.__version__.encode())
    for source in [*sorted(_HERE.glob("*.py")), _ROOT / "samples" / "sample.mp4"]:
        if not source.name.startswith("test_"):
            made_by.update(source.read_bytes())
    folder = _ROOT / ".local" / "media" / made_by.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_of(row: Row) -> Path:
    """Return a row's file, which is made at most once, however many tests run side by side."""
    folder = _folder()
    file = folder / row.name
    if not file.exists():
        named = hashlib.sha256(os.fsencode(row.name)).hexdigest()[:16]
        with FileLock(folder / f"{named}.lock"):
            if not file.exists():
                making = folder / f"{named}.making"
                making.mkdir(exist_ok=True)
                row.make(making / row.name)
                (making / row.name).rename(file)
    return file
