"""From a batch's first answer to texts that pass every check: only what failed is asked for again.

A model drops, joins and shifts items of a list. So an answer is matched by id and by the first
words of the text that it says it translates, never by its place; and where an item is missing, its
neighbours are suspected of having swallowed it.

The rungs: the whole batch; what failed, with what was wrong; that in halves; each by itself. What
still fails is left out, and its source text stays.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.translator.domain import checks
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from shared.errors import BadOutputError, BlockedError, EngineError, TruncatedError
from shared.together import together

_FEW = 3
_BEFORE, _AFTER = 3, 2  # neighbouring texts shown beside what is asked for


@dataclass(frozen=True, slots=True)
class Given:
    """One item of an answer, as it was given: nothing of it is trusted yet."""

    id: str
    starts_with: str
    text: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A translation that was not taken, empty where there was none, and what is wrong with it."""

    item: Item
    text: str
    wrong: Sequence[str]


class Asker(Protocol):
    """Puts questions to a model. Both raise `shared.errors.EngineError`."""

    async def translate(
        self, items: Sequence[Item], before: Sequence[str], after: Sequence[str]
    ) -> Sequence[Given]:
        """Ask for translations; `before` and `after` are neighbouring texts, only to be read."""

    async def repair(self, rejected: Sequence[Rejected]) -> Sequence[Given]:
        """Ask for better translations."""


@dataclass(slots=True)
class _Judged:
    good: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Climbs with batches of `texts`, which are in the document's order and differ.

    `refusals` collects why parts had no answer at all, and `wrong` by id what was wrong with the
    last answer that was not taken, also where a later one was.
    """

    asker: Asker
    texts: Sequence[Item]
    into: Into
    refusals: list[EngineError] = field(default_factory=list)
    wrong: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def settled(self, batch: Sequence[int]) -> dict[str, str]:
        """Return the good translations of the texts at these places, by id."""
        given = await self._asked(batch)
        if given is None:
            if len(batch) == 1:
                return {}
            middle = len(batch) // 2
            left, right = await together(
                self.settled(half) for half in (batch[:middle], batch[middle:])
            )
            return left | right
        judged = self._judged([self.texts[place] for place in batch], given)
        if not judged.rejected:
            return judged.good
        return judged.good | await self._repaired(judged.rejected)

    async def _repaired(self, rejected: Sequence[Rejected]) -> dict[str, str]:
        try:
            given = await self.asker.repair(rejected)
        except (BadOutputError, BlockedError, TruncatedError) as error:
            self.refusals.append(error)
            given = []
        judged = self._judged([one.item for one in rejected], given, rejected)
        good = judged.good
        left = [self.texts.index(one.item) for one in judged.rejected]
        for divided in (_halved, _singly):
            answers = await together(self._once(part) for part in divided(left))
            for answer in answers:
                good |= answer
            left = [place for place in left if self.texts[place].id not in good]
        return good

    async def _once(self, batch: Sequence[int]) -> dict[str, str]:
        given = await self._asked(batch)
        return self._judged([self.texts[place] for place in batch], given or []).good

    async def _asked(self, batch: Sequence[int]) -> Sequence[Given] | None:
        """Return the answer; none where the whole of it is of no use."""
        first, last = min(batch), max(batch)
        before = [one.text for one in self.texts[max(0, first - _BEFORE) : first]]
        after = [one.text for one in self.texts[last + 1 : last + 1 + _AFTER]]
        try:
            return await self.asker.translate([self.texts[n] for n in batch], before, after)
        except (BadOutputError, BlockedError, TruncatedError) as error:
            self.refusals.append(error)
            self.wrong.update({self.texts[n].id: (str(error),) for n in batch})
            return None

    def _judged(
        self, items: Sequence[Item], given: Iterable[Given], before: Iterable[Rejected] = ()
    ) -> _Judged:
        texts = _by_id(items, given)
        earlier = {one.item.id: one.text for one in before}
        suspects = set() if earlier else _beside_missing(items, texts)
        judged = _Judged()
        for item in items:
            text = texts.get(item.id, "")
            wrong = self._wrong(item, text, insisted=bool(text) and earlier.get(item.id) == text)
            if item.id in suspects:
                wrong.append("it may hold the translation of the text before or after it, too")
            if wrong:
                judged.rejected.append(Rejected(item, text, wrong))
                self.wrong[item.id] = tuple(wrong)
            else:
                judged.good[item.id] = text
        return judged

    def _wrong(self, item: Item, text: str, *, insisted: bool) -> list[str]:
        if not text:
            return ["missing"]
        wrong = checks.violations(item.text, text)
        terms = self.into.style.broken(item.text, text)
        wrong += [f"{term!r} is to be {self.into.style.glossary[term]!r}" for term in terms]
        if not insisted:
            wrong += checks.doubts(item.text, text, self.into.target, self.into.source)
        return wrong


def _halved(places: Sequence[int]) -> list[Sequence[int]]:
    # Halves of so few would be asked for singly right after.
    if len(places) <= _FEW:
        return []
    middle = len(places) // 2
    return [places[:middle], places[middle:]]


def _singly(places: Sequence[int]) -> list[Sequence[int]]:
    return [[place] for place in places]


def _by_id(items: Sequence[Item], given: Iterable[Given]) -> Mapping[str, str]:
    """Return the texts that were asked for and that say which text they translate.

    Which of two answers to one id is meant cannot be known: both are as good as missing.
    """
    asked = {item.id: item.text for item in items}
    times = Counter(one.id for one in given)
    return {
        one.id: one.text.strip()
        for one in given
        if one.id in asked and times[one.id] == 1 and checks.belongs(asked[one.id], one.starts_with)
    }


def _beside_missing(items: Sequence[Item], texts: Mapping[str, str]) -> set[str]:
    missing = [n for n, item in enumerate(items) if item.id not in texts]
    if len(missing) == len(items):
        return set()
    beside = {n + step for n in missing for step in (-1, 1)}
    return {items[n].id for n in beside if 0 <= n < len(items) and items[n].id in texts}
