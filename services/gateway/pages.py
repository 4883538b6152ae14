"""The web page, where it is built: its files at `/`, and its start page for every address in it."""

from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from services.gateway.settings import Settings

_BUILT = Path(__file__).resolve().parents[2] / "web" / "dist"
_START = "index.html"
_UNBUILT = """\
Docreel's gateway. Its API is described at /docs.
There is no web page yet: `make web` builds it into web/dist; then start the gateway again.
"""


class _Pages(StaticFiles):
    """Files whose names change with their content are kept; the start page is asked for anew."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            # An address within the page, which its own script reads; a file has an ending.
            if error.status_code != HTTPStatus.NOT_FOUND or "." in path.rpartition("/")[2]:
                raise
            answer = await super().get_response(_START, scope)
        kept = path.startswith("assets/")
        answer.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if kept else "no-cache"
        )
        # They hold no secret, and pages of other sites load the components from here.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer


class _Packed(Response):
    """A page's file, packed for who takes it so: a third of its bytes."""

    def __init__(self, whole: Response) -> None:
        super().__init__()
        self._packing = GZipMiddleware(whole, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._packing(scope, receive, send)


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve the page at every address that is nothing else, or say that it is not built."""
    folder = settings.web_dir or _BUILT
    if not (folder / _START).is_file():

        @app.get("/", include_in_schema=False)
        async def unbuilt() -> Response:
            return PlainTextResponse(_UNBUILT)

        return
    pages = _Pages(directory=folder, html=True)

    # Not mounted: a mount would take the API's own refusals of a method over.
    @app.get("/{path:path}", include_in_schema=False)
    async def page(request: Request, path: str) -> Response:
        if path.startswith("api/"):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        found = await pages.get_response(pages.get_path(request.scope), request.scope)
        return _Packed(found)
