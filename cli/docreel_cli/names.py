"""File names from what a server says: no separator, no leading dot, no two alike in a folder."""

import re
from pathlib import PurePosixPath

_UNSAFE = re.compile(r"(?:[^\w.]|\.{2,})+")
_LONGEST = 120  # bytes; file systems take 255, and an ending and a number follow


def safe_name(told: str, otherwise: str) -> str:
    """Return `told` as one safe component of a path; `otherwise` where nothing is left."""
    name = _UNSAFE.sub("-", told).strip(".-")
    return name.encode()[:_LONGEST].decode(errors="ignore") or otherwise


class Folder:
    """The names taken in one folder, also where letters' case makes no difference."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, told: str, otherwise: str) -> str:
        """Return a safe name for `told` that no other has, its ending kept."""
        path = PurePosixPath(safe_name(told, otherwise))
        # Only a short ending is one ("1.2 billion" has none).
        ending = path.suffix if len(path.suffix) <= len(".jpeg") else ""
        stem = path.name.removesuffix(ending) if ending else path.name
        name, number = path.name, 2
        while name.casefold() in self._taken:
            name, number = f"{stem}-{number}{ending}", number + 1
        self._taken.add(name.casefold())
        return name
