"""Hooks of schemathesis: most ids that it makes up are those of rows that there are."""

import json
import os
from typing import Any
from zlib import crc32

import schemathesis

_REAL: dict[str, str] = json.loads(os.environ["DOCREEL_REAL_IDS"])


def _chosen(value: object) -> bool:
    return crc32(repr(value).encode()) % 4 > 0


@schemathesis.hook
def map_path_parameters(_: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Put the real one in place of most ids."""
    return path_parameters and {
        name: _REAL[name] if name in _REAL and _chosen(value) else value
        for name, value in path_parameters.items()
    }


@schemathesis.hook
def map_headers(_: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let most edits match what is there."""
    if headers and _chosen(headers):
        return {name: "*" if name == "If-Match" else one for name, one in headers.items()}
    return headers


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """Process a video that there is."""
    if isinstance(body, dict) and "videoId" in body and _chosen(body):
        return body | {"videoId": _REAL["video_id"]}
    return body
