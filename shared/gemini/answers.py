"""An answer is looked at before it is used: why it ended, then its shape; and what it cost."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pydantic
from google.genai import types

from shared.errors import BadOutputError, BlockedError, TruncatedError
from shared.spending import Spending

A = TypeVar("A")
T = TypeVar("T", bound=pydantic.BaseModel)

_MALFORMED = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE",
        "TOO_MANY_TOOL_CALLS",
        "UNEXPECTED_TOOL_CALL",
    }
)


def validated(schema: type[T], response: types.GenerateContentResponse) -> T:
    """Return the answer's output.

    Raises:
        BlockedError: the prompt or the answer was refused for its content.
        TruncatedError: the answer reached its longest length.
        BadOutputError: it is not of the given shape.
    """
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
        where = ".".join(map(str, first["loc"])) or "the whole"
        message = f"the engine's answer is not as asked for: {where}: {first['msg']}"
        raise BadOutputError(message) from error


async def twice(ask: Callable[[], Awaitable[A]]) -> A:
    """Return the answer, asked for once more where the first one is not of its shape.

    For a call that cannot be made smaller. Raises EngineError.
    """
    try:
        return await ask()
    except BadOutputError:
        return await ask()


def count(response: types.GenerateContentResponse, model: str, spent: Spending) -> None:
    """Report what an answer used, whatever it is worth."""
    found = response.usage_metadata
    if found is None:
        return
    spent.add(
        model=model,
        prompt=(found.prompt_token_count or 0) + (found.tool_use_prompt_token_count or 0),
        output=(found.candidates_token_count or 0) + (found.thoughts_token_count or 0),
        cached=found.cached_content_token_count or 0,
    )


def _text(candidate: types.Candidate) -> str:
    parts = (candidate.content.parts if candidate.content else None) or []
    return "".join(part.text for part in parts if part.text and not part.thought)
