"""Where the gateway is: as told, else where the local stack says, else its usual port."""

from pathlib import Path

import httpx

from .errors import UsageError

DEFAULT = "http://127.0.0.1:8000"
WRITTEN_BY_THE_STACK = Path(".local/gateway.url")


def gateway_address(given: str | None, folder: Path) -> str:
    """Return the gateway's address: `given`, else that of the local stack around `folder`.

    Raises UsageError where it is no http or https address.
    """
    found = given or _of_the_stack(folder) or DEFAULT
    try:
        parsed = httpx.URL(found)
    except httpx.InvalidURL as error:
        message = f"The gateway's address {found!r} cannot be read: {error}."
        raise UsageError(message) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        message = f"The gateway's address must begin with http:// or https://, not {found!r}."
        raise UsageError(message)
    return found.rstrip("/")


def _of_the_stack(folder: Path) -> str | None:
    for parent in (folder, *folder.parents):
        try:
            found = (parent / WRITTEN_BY_THE_STACK).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found
    return None
