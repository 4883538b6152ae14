"""Requests that change something begin a trace, or go on with their caller's."""

from starlette.types import ASGIApp, Receive, Scope, Send

from shared import tracing

# Polling and uploads' pieces are many, and no job's cause.
_TRACED = ("POST",)


class TracedRequests:
    """Records a span for each such request, named by its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in _TRACED:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        with tracing.request(
            f"POST {scope['path']}", headers.get(b"traceparent", b"").decode("latin-1")
        ):
            await self._app(scope, receive, send)
