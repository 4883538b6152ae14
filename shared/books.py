"""What calls used and answered, written down by itself: nothing that fails later takes it back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from shared import plain
from shared.database import patiently
from shared.errors import AnswerNotKeptError, sentence
from shared.lease import Held, Lease
from shared.ledger import Answer, Ledger
from shared.routes import Service

T = TypeVar("T")

_INSIST = (0.2, 1.0)  # seconds before writing again what has to be written

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one service. `ledger` is not bound to a transaction."""

    ledger: Ledger
    service: Service

    async def note(self, held: Held) -> None:
        """Note what the unit's calls used so far."""
        noted = held.noted
        calls = held.spent.calls[noted:]
        if not calls:
            return
        try:
            await insisted(lambda: self.ledger.spend(held.event, held.unit, self.service, calls))
        except Exception:
            # No reason to do the work again, which would cost again; an operator has to know.
            log.exception("spending_not_noted", calls=[repr(call) for call in calls])
        # Not added to: two who note at once have both noted the same calls.
        held.noted = max(held.noted, noted + len(calls))

    async def keep(self, held: Held, answer: Answer) -> None:
        """Note what an answer cost, and keep it.

        Raises:
            AnswerNotKeptError: it was paid for and could not be kept.
        """
        await self.note(held)
        if not answer.key:
            return
        try:
            await insisted(lambda: self.ledger.keep(answer))
        except Exception as error:
            log.exception("answer_not_kept", event_type=held.event.kind)
            if held.spent.calls:
                message = f"An answer that was paid for could not be kept: {sentence(error)}"
                raise AnswerNotKeptError(message) from error


@dataclass(frozen=True, slots=True)
class Answers:
    """The memory of one unit: its calls' answers are kept under the content key of its result."""

    books: Books
    lease: Lease
    held: Held
    key: str
    engine: str

    async def kept(self, question: str) -> Any | None:
        """See `shared.spending.Memory.kept`."""
        found = await patiently(lambda: self.books.ledger.kept(self._key(question)))
        if found is None:
            # A call follows, and the look may have taken as long as the database was away.
            await self.lease.make_sure(self.held)
        return found

    async def keep(self, question: str, answer: Any) -> None:
        """See `shared.spending.Memory.keep`."""
        if not self.held.spent.calls:
            return  # it cost nothing to get, and a round trip to keep
        made = plain.data(answer)
        key, service = self._key(question), self.books.service
        await self.books.keep(self.held, Answer(key, service, made, self.engine))

    def _key(self, question: str) -> str:
        return f"{self.key}:{question}"


async def insisted(work: Callable[[], Awaitable[T]]) -> T:
    """Do what has to be done, and is safe to do twice, a few times before giving up."""
    for pause in _INSIST:
        try:
            return await patiently(work)
        except Exception as error:  # noqa: BLE001 - raised if it stays
            log.warning("insisting", pause=pause, reason=repr(error))
            await asyncio.sleep(pause)
    return await patiently(work)
