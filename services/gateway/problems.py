"""Refusals as RFC 9457 problem documents: what happened, and in `detail` what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.errors import DocreelError, TransientError
from shared.postgres.pool import AWAY

# Stable names: a client may branch on them, so they never change.
_TYPE = "urn:docreel:problem:"

_MEDIA = "application/problem+json"
_BUSY = "5"  # seconds after which a database that is away may be back

logger = structlog.get_logger()


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": f"{_TYPE}video-not-uploaded",
                "title": "The video is not uploaded yet",
                "status": 409,
                "detail": "Send the file to /api/uploads/<video_id>, then process it.",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str


class ProblemError(DocreelError):
    """A request is refused. `name` is the stable end of the problem's type."""

    def __init__(
        self,
        status: HTTPStatus,
        name: str,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{title}. {detail}")
        self.status, self.name, self.title, self.detail = status, name, title, detail
        self.headers = dict(headers or {})

    def answer(self, **more: Any) -> Response:
        """Return the problem document; `more` are further members of it."""
        return JSONResponse(
            {
                "type": f"{_TYPE}{self.name}",
                "title": self.title,
                "status": int(self.status),
                "detail": self.detail,
                **more,
            },
            self.status,
            self.headers,
            media_type=_MEDIA,
        )


def not_found(*, what: str, listing: str) -> ProblemError:
    """Return the refusal for something that is not there, or not the caller's to see."""
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        "not-found",
        f"There is no such {what}",
        f"Check the address; {listing} lists what there is.",
    )


def forbidden() -> ProblemError:
    """Return the refusal for a member who may only read."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "read-only",
        "You may only read here",
        "Ask an owner of the organization to make you a writer.",
    )


def no_proposal(*, of: str) -> ProblemError:
    """Return the refusal to decide on what no machine proposed."""
    return ProblemError(
        HTTPStatus.CONFLICT,
        "no-proposal",
        "There is no proposal to decide on",
        f"Read the {of} again: what is there is the latest.",
    )


def not_in(language: str, nothing: str, there: Iterable[str]) -> ProblemError:
    """Return the refusal where `nothing` ("No article is") is in a language, naming the others."""
    known = ", ".join(there) or "none yet: process the video first"
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        "not-in-language",
        f"{nothing} in {language}",
        f"Languages that there are: {known}.",
    )


def owners_only() -> ProblemError:
    """Return the refusal for a member who is no owner."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "owners-only",
        "Only owners of the organization may do this",
        "Ask an owner: GET /api/organizations/<id>/members says who they are.",
    )


def too_large(most: int) -> ProblemError:
    """Return the refusal for more bytes than there may be."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        "That is too large",
        f"At most {most} bytes are taken here: send less.",
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of the refusals that an operation has."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "model": Problem,
            "content": {_MEDIA: {}},
        }
        for status in statuses
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, its refusals under the media type that they have."""
    described = FastAPI.openapi(app)
    described["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Supabase Auth's; none where GET /api/config says that nobody logs in.",
        }
    }
    described["security"] = [{"token": []}, {}]
    answers = [
        answer
        for path in described["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
    ]
    for answer in answers:
        content = answer.get("content", {})
        # FastAPI puts a response's model under the operation's own media type.
        if _MEDIA in content:
            content[_MEDIA] = {"schema": {"$ref": "#/components/schemas/Problem"}}
            answer["content"] = {_MEDIA: content[_MEDIA]}
    return described


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem document."""
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(asyncpg.InsufficientPrivilegeError, _forbidden)
    app.add_exception_handler(asyncpg.ForeignKeyViolationError, _deleted)
    app.add_exception_handler(asyncpg.DataError, _unstorable)
    app.add_exception_handler(asyncpg.TransactionRollbackError, _overtaken)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(TransientError, _storage_away)
    for away in AWAY:
        app.add_exception_handler(away, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return error.answer()


async def _forbidden(_: Request, __: Exception) -> Response:
    return forbidden().answer()


async def _deleted(_: Request, __: Exception) -> Response:
    # It was there when the request began: its answer is what it would be a moment later.
    return not_found(what="resource", listing="/docs").answer()


async def _unstorable(_: Request, __: Exception) -> Response:
    # PostgreSQL's text holds everything but U+0000.
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request holds a value that cannot be stored",
        "Remove control characters from its texts, and numbers that are out of range.",
    ).answer()


async def _overtaken(request: Request, error: Exception) -> Response:
    logger.warning("request_overtaken", path=request.url.path, reason=repr(error))
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "overtaken",
        "Others changed the same at this moment",
        "Nothing was changed; send the request again.",
        {"Retry-After": "1"},
    ).answer()


def _told(error: Mapping[str, Any]) -> dict[str, str]:
    where: Sequence[Any] = error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"field": ".".join(map(str, where[1:])) or str(where[0]), "message": message}


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if any(one["loc"][:1] == ("path",) for one in found):
        # What is no id names nothing: the same answer as for an id that nobody has.
        return not_found(what="resource", listing="/docs").answer()
    told = [_told(one) for one in found]
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request is not valid",
        "Correct " + "; ".join(f"{one['field']}: {one['message']}" for one in told) + ".",
    ).answer(errors=told)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # FastAPI's, for bytes that it cannot even decode
        return ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid-request",
            "The request is not valid",
            "Send the body as JSON in UTF-8.",
        ).answer()
    advice = {
        HTTPStatus.NOT_FOUND: ("not-found", f"Nothing is at {request.url.path}; see /docs."),
        HTTPStatus.METHOD_NOT_ALLOWED: (
            "method-not-allowed",
            f"{request.url.path} does not take {request.method}; the header Allow lists what is.",
        ),
    }
    name, detail = advice.get(status, ("invalid-request", f"{error.detail}: see /docs."))
    return ProblemError(status, name, status.phrase, detail, error.headers).answer()


async def _left(_: Request, __: Exception) -> Response:
    # Nobody reads this answer.
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _unavailable(request: Request, error: Exception) -> Response:
    logger.warning("database_away", path=request.url.path, reason=repr(error))
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "database-unavailable",
        "The database cannot be reached",
        "Nothing was changed; send the request again in some seconds.",
        {"Retry-After": _BUSY},
    ).answer()


async def _storage_away(request: Request, error: Exception) -> Response:
    logger.warning("storage_away", path=request.url.path, reason=str(error))
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "storage-unavailable",
        "The storage cannot be reached",
        "Nothing was changed; send the request again in some seconds.",
        {"Retry-After": _BUSY},
    ).answer()


async def _unexpected(request: Request, error: Exception) -> Response:
    logger.error("request_failed", method=request.method, path=request.url.path, reason=repr(error))
    return ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "The gateway failed",
        "This is a fault of Docreel's: its log tells more. Sending the request again may help.",
    ).answer()
