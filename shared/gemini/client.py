"""Calls of one model: a gate before each, one layer of retries, and a time limit of its own.

The SDK's own retries are off: they ignore the delay that a refusal names. Its timeout counts per
read, so that each call has a limit of its own besides.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pydantic
import structlog
import tenacity
from google import genai
from google.genai import types

from shared.errors import AuthFailedError, EngineError, RateLimitedError, TransientError
from shared.gate import PATIENCE, Gate, OwnGate
from shared.gemini import answers
from shared.gemini.day import seconds_left
from shared.gemini.files import RemoteFile
from shared.gemini.refusals import RemoteFileGoneError, UnansweredError, translated
from shared.settings import ServiceSettings
from shared.spending import Spending

T = TypeVar("T", bound=pydantic.BaseModel)

_CONNECTIONS = httpx2.Limits(max_connections=100, max_keepalive_connections=20)
_LONGEST_OUTPUT = 65_536  # tokens; the service's default cut long answers at 8,192
_TRIES = 4  # of one call; what fails longer is for the queue's ladder
_FIRST_PAUSE = 0.5  # seconds; each further one is twice as long
# Rough on purpose: what a call will use is estimated before it, and counted after it.
_CHARACTERS_A_TOKEN = 4
_TOKENS_A_SECOND = 300  # of video at the default resolution
_COUNTING = 10  # seconds that counting a prompt's tokens may take
_UPLOADS = 3  # of one file, where it expires or a connection breaks

log = structlog.get_logger()


class Gemini:
    """A client for one model.

    `limit` is the longest that one call may take, and `day` how long a used-up day's quota is
    waited for, by default until the next day; both in seconds.
    """

    def __init__(  # noqa: PLR0913 - what a connection is made of
        self,
        key: str,
        model: str,
        *,
        base_url: str | None = None,
        limit: float = 600,
        gate: Gate | None = None,
        day: float | None = None,
    ) -> None:
        self.model = model
        self._day = day
        self._limit = limit
        self._gate = OwnGate() if gate is None else gate
        # A client of our own: where aiohttp can be imported, the SDK would quietly use that one,
        # which has other errors, no limits, and a retry that nobody is told of.
        self._http = httpx2.AsyncClient(limits=_CONNECTIONS, timeout=limit, follow_redirects=True)
        self._client = genai.Client(
            api_key=key,
            http_options=types.HttpOptions(
                api_version="v1",
                base_url=base_url,
                timeout=int(limit * 1000),  # milliseconds
                retry_options=types.HttpRetryOptions(attempts=1),
                httpx_async_client=self._http,
            ),
        ).aio

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._http.aclose()

    async def generate(  # noqa: PLR0913 - what a call is made of
        self,
        schema: type[T],
        text: str,
        *,
        instruction: str,
        spent: Spending,
        file: RemoteFile | None = None,
        seconds: float = 0,
        about: str = "",
    ) -> T:
        """Ask for an answer of the given schema about a text, and a video of so many `seconds`.

        `about` names the part of the unit's video that the file is. What passes by itself within a
        short while is waited for, and a file that has expired is uploaded again. Every answer's
        tokens are added to `spent`, also those of a useless one, and the estimate of a call that is
        given up before its answer. An answer that an earlier attempt at the unit had got is
        returned again without a call.

        Raises:
            RateLimitedError: the quota is used up for longer than a call waits.
            EngineError: another of its kinds, by what the service answered.
        """

        async def ask() -> dict[str, Any]:
            answer = await self._generated(schema, text, instruction, spent, file, seconds)
            return answer.model_dump(mode="json")

        asked = repr((schema.__name__, self.model, instruction, text, about))
        question = hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()
        return schema.model_validate(await spent.once(question, ask))

    async def _generated(  # noqa: PLR0913, PLR0917 - as above
        self,
        schema: type[T],
        text: str,
        instruction: str,
        spent: Spending,
        file: RemoteFile | None,
        seconds: float,
    ) -> T:
        tokens = await self._tokens(text, instruction, file, seconds)
        config = types.GenerateContentConfig(
            system_instruction=instruction,
            response_mime_type="application/json",
            response_schema=schema,
            max_output_tokens=_LONGEST_OUTPUT,
            temperature=0,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        async for attempt in _retrying():
            with attempt:
                await self._gate.admit(self.model, tokens)
                try:
                    response = await self._answer(text, config, file)
                except (asyncio.CancelledError, UnansweredError):
                    spent.give_up(model=self.model, prompt=tokens)
                    raise
        # An answer is paid for: whatever is wrong with it, asking the same again is not for here.
        answers.count(response, self.model, spent)
        return answers.validated(schema, response)

    async def _tokens(
        self, text: str, instruction: str, file: RemoteFile | None, seconds: float
    ) -> int:
        """Return about how many tokens a prompt will have, for the sake of the quota.

        The service counts those of a video, of which one model takes several times as many as
        another. A text alone is not worth a request: its length tells nearly as much.
        """
        told = len(instruction) // _CHARACTERS_A_TOKEN
        if file is not None:
            try:
                with translated():
                    async with asyncio.timeout(_COUNTING):
                        counted = await self._client.models.count_tokens(
                            model=self.model, contents=_contents(text, file)
                        )
                return told + (counted.total_tokens or 0)
            except EngineError as error:
                # Whatever is wrong, the call itself will meet it and know what to do.
                log.info("tokens_not_counted", reason=str(error))
        return told + len(text) // _CHARACTERS_A_TOKEN + round(seconds * _TOKENS_A_SECOND)

    async def _answer(
        self, text: str, config: types.GenerateContentConfig, file: RemoteFile | None
    ) -> types.GenerateContentResponse:
        try:
            with translated():
                async with asyncio.timeout(self._limit):
                    return await self._client.models.generate_content(
                        model=self.model, contents=_contents(text, file), config=config
                    )
        except RateLimitedError as error:
            after = error.after
            if error.daily:
                # The delay that comes with it is of seconds, and would be refused all day.
                rest = seconds_left(datetime.now(UTC)) if self._day is None else self._day
                after = max(after, rest)
            await self._gate.closed(self.model, after, daily=error.daily)
            raise RateLimitedError(after, daily=error.daily, message=str(error)) from error
        except RemoteFileGoneError:
            if file is not None and file.uploads < _UPLOADS:
                await file.upload()
            raise

    @asynccontextmanager
    async def uploaded(self, path: Path, mime_type: str) -> AsyncIterator[RemoteFile]:
        """Lend a file to the service for as long as the context lasts, ready for use."""
        file = RemoteFile(self._client.files, path, mime_type, self._limit)
        try:
            async for attempt in _retrying():
                with attempt:
                    await file.upload()
            yield file
        finally:
            # Shielded: a cancelled unit must not leave its video behind.
            await asyncio.shield(file.delete())


def _contents(text: str, file: RemoteFile | None) -> types.Content:
    # The video before the text about it, as the service's guide advises.
    parts = [file.part] if file is not None else []
    return types.Content(role="user", parts=[*parts, types.Part.from_text(text=text)])


def _retrying() -> tenacity.AsyncRetrying:
    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(_passes),
        wait=_pause,
        stop=tenacity.stop_after_attempt(_TRIES),
        reraise=True,
    )


def _passes(error: BaseException) -> bool:
    if isinstance(error, RateLimitedError):
        return not error.daily and error.after <= PATIENCE
    return isinstance(error, TransientError)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimitedError):
        return error.after
    if isinstance(error, RemoteFileGoneError):
        return 0  # it is uploaded again already
    share = random.uniform(0.5, 1)  # noqa: S311 - jitter
    return float(_FIRST_PAUSE * 2 ** (state.attempt_number - 1) * share)


@asynccontextmanager
async def connected(settings: ServiceSettings, gate: Gate | None = None) -> AsyncIterator[Gemini]:
    """Lend the client that the settings describe. Raises AuthFailedError where there is no key."""
    if settings.gemini_api_key is None:
        raise AuthFailedError("no key: set GEMINI_API_KEY")  # noqa: EM101, TRY003
    client = Gemini(
        settings.gemini_api_key.get_secret_value(),
        settings.gemini_model,
        base_url=settings.gemini_base_url,
        gate=gate,
        day=settings.gemini_daily_wait,
    )
    try:
        yield client
    finally:
        await client.close()
