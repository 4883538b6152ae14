"""Answers with an entity tag: nothing where nothing changed, and no edit on top of another's."""

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header, Request, Response
from pydantic import BaseModel

from services.gateway.problems import ProblemError

_SOONEST, _LATEST = 2, 30  # seconds
_A_TENTH = 10

# For an operation's `responses`.
SAME: dict[int | str, dict[str, Any]] = {304: {"description": "As If-None-Match says"}}

IfNoneMatch = Annotated[
    str | None, Header(description="the ETag of the last answer: 304 where it still holds")
]
IfMatch = Annotated[
    str | None,
    Header(description="the ETag of what was read and edited: 412 where it changed meanwhile"),
]


def tag_of(body: bytes) -> str:
    """Return the strong entity tag of an answer's body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(
    request: Request, body: bytes, media_type: str = "application/json", **headers: str
) -> Response:
    """Return the body with its tag, or 304 where the request's If-None-Match names it.

    `headers` are named with underscores, as in `retry_after`.
    """
    tag = tag_of(body)
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    told |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    if _names(request.headers.get("if-none-match", ""), tag, weak=True):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=told)
    return Response(body, media_type=media_type, headers=told)


def answer_model(request: Request, model: BaseModel, **headers: str) -> Response:
    """Do as `answer` does for a model as JSON."""
    return answer(request, model.model_dump_json().encode(), **headers)


def check_match(if_match: str | None, model: BaseModel) -> None:
    """Let an edit pass that was made of what is there now.

    Raises ProblemError: 428 without If-Match, 412 where it names something else.
    """
    tag = tag_of(model.model_dump_json().encode())
    if if_match is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if-match-missing",
            "An edit has to say what it is an edit of",
            "Read it first, and send the answer's ETag in the header If-Match.",
        )
    if not _names(if_match, tag, weak=False):
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "edit-conflict",
            "It was changed meanwhile",
            "Read it again, bring your edit and the other one together, and send it with the "
            "new ETag in If-Match.",
            {"ETag": tag},
        )


def _names(header: str, tag: str, *, weak: bool) -> bool:
    known = [one.strip() for one in header.split(",")]
    if weak:
        known = [one.removeprefix("W/") for one in known]
    return tag in known or "*" in known


def retry_after(quiet: timedelta) -> str:
    """Return when to look again at what has not moved for so long: the longer, the later."""
    return str(min(_LATEST, max(_SOONEST, round(quiet.total_seconds() / _A_TENTH))))
