"""The errors that cross a service's inner borders: one base class, and what each means for a unit.

An engine raises one of the `EngineError`s; the worker runtime decides by its class alone whether
the unit waits, tries again or ends.
"""

from shared import plain

_LONGEST = 500  # characters of an error that are told; a library's may hold a whole input


class DocreelError(Exception):
    """Docreel could not do what it was asked to."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").partition("\n")[0])


class UndecodableEventError(DocreelError):
    """The message is not an event that Docreel knows: look at its dead queue for the reason."""


class UnroutableError(DocreelError):
    """No queue takes this event: declare the topology with `python -m shared.topology declare`."""


class EngineError(DocreelError):
    """An engine did not give a usable answer."""


class RateLimitedError(EngineError):
    """The engine's quota is used up for now.

    `after` is the delay in seconds that the engine asked for; `daily` is true when only the next
    day's quota helps, so that the work waits instead of failing.
    """

    def __init__(self, after: float, *, daily: bool = False, message: str | None = None) -> None:
        super().__init__(message or f"The engine's quota is used up; try again in {after:g} s.")
        self.after = after
        self.daily = daily


class TransientError(EngineError):
    """The engine could not be reached or failed in passing; the same call may succeed later."""


class DatabaseAwayError(TransientError):
    """The database cannot be reached now: what was to be written is not."""


class ChildDiedError(EngineError):
    """A child process died while it read this input: it crashed, or used too much memory or time.

    The next attempt may end the same way, so the ledger counts it as a death of the unit.
    """


class BlockedError(EngineError):
    """The engine refused this content; the same call will be refused again."""


class TruncatedError(EngineError):
    """The engine's answer was cut off; `partial` holds what arrived."""

    def __init__(self, partial: str, message: str | None = None) -> None:
        super().__init__(message)
        self.partial = partial


class BadOutputError(EngineError):
    """The engine's answer does not have the shape that was asked for."""


class UnsupportedError(EngineError):
    """The engine cannot do this at all; the message names what it can do."""


class AuthFailedError(EngineError):
    """The engine refused the key: check GEMINI_API_KEY."""


class AnswerNotKeptError(DocreelError):
    """An engine's answer could not be kept; it is not asked again, since that would cost again."""


class StrayError(DocreelError):
    """Code raised what only the event loop or the interpreter may raise, such as a cancellation."""


def sentence(error: BaseException) -> str:
    """Return what is to be told of an error: our own say it themselves, others by their type."""
    text = str(error).strip()
    if not isinstance(error, DocreelError):
        kind = type(error).__name__
        text = (
            f"An error inside Docreel: {kind}: {text}"
            if text
            else f"An error inside Docreel: {kind}"
        )
    return plain.text(text if len(text) <= _LONGEST else text[:_LONGEST] + "\u2026")
