"""What every answer has: headers that keep it from being misused, and a refusal's own form."""

import re
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import too_large
from shared.formats.names import shown, stem

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # A media link's token is in its address.
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')  # in a name on one system or another
_LONGEST = 200  # bytes
_OF_THE_API = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # Unless the answer says otherwise: it is one user's.
    "Cache-Control": "no-store",
}


def disposition(
    filename: str, extra: str = "", kind: Literal["attachment", "inline"] = "attachment"
) -> str:
    """Return the `Content-Disposition` (RFC 6266) of a file that is saved as `filename`.

    `extra` stands in place of its ending: ".es.pdf".
    """
    offered = _FORBIDDEN.sub("_", shown(filename))
    ending = extra or offered[len(stem(offered)) :]
    start = stem(offered).encode()[: _LONGEST - len(ending)].decode(errors="ignore")
    name = f"{start.strip('. ') or 'video'}{ending}"
    plain = "".join(
        one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


class SafeHeaders:
    """Adds them to every answer that does not have them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = _ALWAYS | (_OF_THE_API if scope["path"].startswith("/api/") else {})

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)


class LargeBodies:
    """Tells that a request's body is too large as every refusal is told: FastAPI has bare text."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._refusal = too_large(most).answer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = False

        async def sent(message: Message) -> None:
            nonlocal refused
            if (
                message["type"] == "http.response.start"
                and message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                and (b"content-type", b"application/problem+json") not in message["headers"]
            ):
                refused = True
                await self._refusal(scope, receive, send)
            if not refused:
                await send(message)

        await self._app(scope, receive, sent)
