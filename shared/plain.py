"""Text and data as a database and a message take them, whatever an engine or a library wrote."""

import json
from typing import Any

_NUL = "\0"
_REPLACEMENT = "\ufffd"


def text(value: str) -> str:
    """Return a text without NUL, which PostgreSQL does not store, and without half characters."""
    return value.replace(_NUL, _REPLACEMENT).encode("utf-8", "replace").decode()


def data(value: Any) -> Any:
    """Return plain JSON data with every text of it as `text` returns it."""
    try:
        written = json.dumps(value, ensure_ascii=False).encode()
    except (TypeError, ValueError):  # half a character is a UnicodeError, which is a ValueError
        return _cleaned(value)
    return _cleaned(value) if b"\\u0000" in written else value


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return text(value)
        case dict():
            return {_cleaned(key): _cleaned(one) for key, one in value.items()}
        case list() | tuple():
            return [_cleaned(one) for one in value]
        case _:
            return value
