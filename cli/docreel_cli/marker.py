"""A results folder's marker: whose results they are, and what was written, by digest."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .files import digest, write

MARKER = ".docreel.json"
_NOTE = "Docreel wrote these files; what is not named here, or was changed, it leaves alone."


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose results: a video's id ("": not known yet), its file's name and the file, if here."""

    video_id: str
    filename: str
    video: Path | None

    def address(self, folder: Path) -> str:
        """Return the address of the video's file as seen from `folder`, "" for none."""
        if self.video is None:
            return ""
        try:
            return quote(os.fsencode(os.path.relpath(self.video, folder).replace(os.sep, "/")))
        except ValueError:  # another drive
            return self.video.resolve().as_uri()


@dataclass(frozen=True, slots=True)
class Marker:
    """What a folder holds, and whose results these are."""

    video_id: str
    filename: str
    source: str
    files: Mapping[str, frozenset[str]]  # digests by path; two while they are replaced

    @classmethod
    def read(cls, folder: Path) -> "Marker | None":
        """Return a folder's marker, if it has one."""
        try:
            told: dict[str, Any] = json.loads((folder / MARKER).read_bytes())
            files = {
                str(path): frozenset(map(str, digests))
                for path, digests in dict(told["files"]).items()
                if _is_within(str(path))
            }
            return cls(str(told["video_id"]), str(told["filename"]), str(told["source"]), files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, folder: Path) -> None:
        """Mark a folder."""
        files = {path: sorted(digests) for path, digests in sorted(self.files.items())}
        told = {
            "note": _NOTE,
            "video_id": self.video_id,
            "filename": self.filename,
            "source": self.source,
            "files": files,
        }
        write(folder / MARKER, json.dumps(told, indent=2).encode() + b"\n")

    def knows(self, folder: Path, path: str) -> bool:
        """Tell whether a file is as it was written."""
        digests = self.files.get(path)
        return bool(digests) and digest(folder / path) in (digests or ())


def _is_within(path: str) -> bool:
    """Tell whether a path of a marker, which anybody may have written, stays in its folder."""
    parts = path.split("/")
    return not any(part in {"", ".", ".."} or set(part) & set("\\:\0") for part in parts)
