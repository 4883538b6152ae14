"""The one client for Google Gemini, through google-genai: calls, files, and its errors as ours.

The SDK's own retries are off: the delay ladder retries, and it honours the delay that a 429 names.
Every call has a time limit of its own besides the SDK's, which counts per read.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx2
import pydantic
import structlog
from google import genai
from google.genai import errors, types

from shared.errors import (
    AuthFailedError,
    BadOutputError,
    BlockedError,
    EngineError,
    RateLimitedError,
    TransientError,
    TruncatedError,
    UnsupportedError,
)
from shared.settings import ServiceSettings

T = TypeVar("T", bound=pydantic.BaseModel)

_CONNECTIONS = httpx2.Limits(max_connections=100, max_keepalive_connections=20)
_LONGEST_OUTPUT = 65_536  # tokens; the service's default cut long answers at 8,192
_FILE_POLL = 2.0  # seconds between two looks at a file that is being processed
_UNKNOWN_DELAY = 10.0  # seconds to wait after a 429 that names no delay
_MALFORMED = {"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the service counts them; thinking counts as output."""

    prompt: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A call's validated output and what it used."""

    output: T
    usage: Usage


class Gemini:
    """A client for one model. `limit` is the longest that one call may take, in seconds."""

    def __init__(
        self, key: str, model: str, *, base_url: str | None = None, limit: float = 600
    ) -> None:
        self.model = model
        self._limit = limit
        self._client = genai.Client(
            api_key=key,
            http_options=types.HttpOptions(
                api_version="v1",
                base_url=base_url,
                timeout=int(limit * 1000),  # milliseconds
                retry_options=types.HttpRetryOptions(attempts=1),
                async_client_args={"limits": _CONNECTIONS},
            ),
        ).aio

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def generate(
        self, schema: type[T], parts: Sequence[types.Part], *, instruction: str
    ) -> Answer[T]:
        """Ask once for an answer of the given schema.

        Raises:
            EngineError: one of its kinds, by what the service answered.
        """
        config = types.GenerateContentConfig(
            system_instruction=instruction,
            response_mime_type="application/json",
            response_schema=schema,
            max_output_tokens=_LONGEST_OUTPUT,
            temperature=0,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        contents = types.Content(role="user", parts=list(parts))
        with _translated_errors():
            async with asyncio.timeout(self._limit):
                response = await self._client.models.generate_content(
                    model=self.model, contents=contents, config=config
                )
        return Answer(_validated(schema, response), _usage(response))

    @asynccontextmanager
    async def uploaded(self, file: Path, mime_type: str) -> AsyncIterator[types.Part]:
        """Lend a file to the service for as long as the context lasts, ready for use."""
        with _translated_errors():
            stored = await self._client.files.upload(
                file=file, config=types.UploadFileConfig(mime_type=mime_type)
            )
        try:
            with _translated_errors():
                async with asyncio.timeout(self._limit):
                    ready = await self._active(stored)
            if ready.uri is None:
                message = f"the service gave {file.name} no address"
                raise BadOutputError(message)
            yield types.Part.from_uri(file_uri=ready.uri, mime_type=mime_type)
        finally:
            if stored.name is not None:
                await self._delete(stored.name)

    async def _active(self, file: types.File) -> types.File:
        while file.state is types.FileState.PROCESSING and file.name is not None:
            await asyncio.sleep(_FILE_POLL)
            file = await self._client.files.get(name=file.name)
        if file.state is types.FileState.FAILED:
            reason = file.error.message if file.error else "no reason given"
            message = f"the service could not process the file: {reason}"
            raise UnsupportedError(message)
        return file

    async def _delete(self, name: str) -> None:
        try:
            await asyncio.shield(self._client.files.delete(name=name))
        except (errors.APIError, httpx2.HTTPError) as error:
            # It expires by itself after two days.
            log.warning("remote_file_left", name=name, reason=str(error))


@asynccontextmanager
async def connected(settings: ServiceSettings) -> AsyncIterator[Gemini]:
    """Lend the client that the settings describe. Raises AuthFailedError where there is no key."""
    if settings.gemini_api_key is None:
        raise AuthFailedError("no key: set GEMINI_API_KEY")  # noqa: EM101, TRY003
    client = Gemini(
        settings.gemini_api_key.get_secret_value(),
        settings.gemini_model,
        base_url=settings.gemini_base_url,
    )
    try:
        yield client
    finally:
        await client.close()


class _translated_errors:  # noqa: N801 - reads as the statement that it is used in
    """Turns what the SDK raises into an EngineError."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case errors.APIError():
                raise _from_api(error) from error
            case TimeoutError() | httpx2.HTTPError() | json.JSONDecodeError():
                message = f"the service did not answer properly: {error!r}"
                raise TransientError(message) from error
            case _:
                return


def _from_api(error: errors.APIError) -> EngineError:
    text = f"{error.code} {error.status}: {error.message}"
    if error.code == 429:  # noqa: PLR2004 - HTTP's number
        details = _details(error.details)
        daily = any("PerDay" in str(one.get("quotaId", "")) for one in _violations(details))
        return RateLimitedError(_delay(details), daily=daily, message=text)
    if error.code in {401, 403} or "API key" in (error.message or ""):
        return AuthFailedError(f"The engine refused the key ({text}): check GEMINI_API_KEY.")
    if error.code == 408 or error.code >= 500:  # noqa: PLR2004 - HTTP's numbers
        return TransientError(text)
    return UnsupportedError(text)


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
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
        if found:
            return float(found[1])
    return _UNKNOWN_DELAY


def _validated(schema: type[T], response: types.GenerateContentResponse) -> T:
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        message = f"the engine refused the request ({feedback.block_reason.value})"
        raise BlockedError(message)
    if not response.candidates:
        message = "the engine answered without a candidate"
        raise BadOutputError(message)
    candidate = response.candidates[0]
    reason = candidate.finish_reason.value if candidate.finish_reason else "STOP"
    text = _text(candidate)
    if reason == "MAX_TOKENS":
        raise TruncatedError(text, "the engine's answer was longer than it may be")
    if reason in _MALFORMED:
        message = f"the engine's answer was malformed ({reason})"
        raise BadOutputError(message)
    if reason != "STOP":
        message = f"the engine refused to answer ({reason})"
        raise BlockedError(message)
    try:
        return schema.model_validate_json(text)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"the engine's answer is not as asked for: {first['loc']}: {first['msg']}"
        raise BadOutputError(message) from error


def _text(candidate: types.Candidate) -> str:
    parts = (candidate.content.parts if candidate.content else None) or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def _usage(response: types.GenerateContentResponse) -> Usage:
    found = response.usage_metadata
    if found is None:
        return Usage()
    return Usage(
        (found.prompt_token_count or 0) + (found.tool_use_prompt_token_count or 0),
        (found.candidates_token_count or 0) + (found.thoughts_token_count or 0),
        found.cached_content_token_count or 0,
    )
