"""What the SDK raises, as Docreel's errors: told apart by what helps against them."""

import json
import re
from typing import Any

import httpx2
from google.genai import errors

from shared.errors import (
    AuthFailedError,
    EngineError,
    RateLimitedError,
    TransientError,
    UnsupportedError,
)

_UNKNOWN_DELAY = 10.0  # seconds to wait after a 429 that names no delay
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
# Public reports name the file by its id, with and without the collection before it.
_ABOUT_A_FILE = re.compile(r"\bfiles?[ /]", re.IGNORECASE)
_GONE = (403, 404)


class RemoteFileGoneError(TransientError):
    """The uploaded file has expired or was deleted: upload it again."""


class UnansweredError(TransientError):
    """The answer did not arrive whole: the service may have made it all the same, and be paid."""


class translated:  # noqa: N801 - reads as the statement that it is used in
    """Turns what the SDK raises within the `with` block into an EngineError."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case errors.APIError():
                raise from_api(error) from error
            case TimeoutError():
                message = "the engine did not answer in time"
                raise UnansweredError(message) from error
            case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
                message = f"the engine could not be reached: {error!r}"
                raise TransientError(message) from error
            case httpx2.HTTPError():
                message = f"the engine did not answer: {error!r}"
                raise UnansweredError(message) from error
            case json.JSONDecodeError() | KeyError():
                # The SDK raises KeyError for an upload's answer without its address.
                message = f"the engine's answer was cut off on its way: {error!r}"
                raise UnansweredError(message) from error
            case _:
                return


def from_api(error: errors.APIError) -> EngineError:  # noqa: PLR0911 - a case each
    """Return the error that an HTTP status and its body stand for."""
    text = f"{error.code} {error.status}: {error.message}"
    about_a_file = _ABOUT_A_FILE.search(error.message or "") is not None
    match error.code:
        case 429:
            details = _details(error.details)
            daily = any("PerDay" in str(one.get("quotaId", "")) for one in _violations(details))
            return RateLimitedError(
                _delay(details), daily=daily, message=f"The engine's quota is used up ({text})."
            )
        case code if code in _GONE and about_a_file:
            return RemoteFileGoneError(text)
        case 401 | 403:
            return _no_access(text)
        case 400 if "API key" in (error.message or ""):
            return _no_access(text)
        case 400 if error.status == "FAILED_PRECONDITION" and about_a_file:
            return TransientError(text)  # it is not ACTIVE yet
        case 404:
            return UnsupportedError(f"{text}. Check GEMINI_MODEL.")
        case code if code == 408 or code >= 500:  # noqa: PLR2004 - HTTP's numbers
            return TransientError(text)
        case _:
            return UnsupportedError(text)


def _no_access(text: str) -> AuthFailedError:
    return AuthFailedError(f"The engine refused the key ({text}): check GEMINI_API_KEY.")


def _details(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, dict):
        body = body.get("error", body)
        found = body.get("details", [])
        return [one for one in found if isinstance(one, dict)]
    return []


def _violations(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for detail in details for one in detail.get("violations", [])]


def _delay(details: list[dict[str, Any]]) -> float:
    for detail in details:
        found = _SECONDS.fullmatch(str(detail.get("retryDelay", "")))
        if found:
            return float(found[1])
    return _UNKNOWN_DELAY
