"""What every answer has: headers that keep it from being misused, and a refusal's own form."""

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import too_large

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # A media link's token is in its address.
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_OF_THE_API = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # Unless the answer says otherwise: it is one user's.
    "Cache-Control": "no-store",
}


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
